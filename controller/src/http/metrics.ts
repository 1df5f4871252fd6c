import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Statistics } from './http-parts.js';

/** How late timers of this process are; the histogram starts anew at each reading. */
export class EventLoopLag {
  readonly #histogram = monitorEventLoopDelay({ resolution: 50 });

  constructor() {
    this.#histogram.enable();
  }

  read(): { readonly meanSeconds: number; readonly maxSeconds: number } {
    const { mean, max } = this.#histogram;
    this.#histogram.reset();
    return { meanSeconds: Number.isFinite(mean) ? mean / 1e9 : 0, maxSeconds: max > 0 ? max / 1e9 : 0 };
  }

  stop(): void {
    this.#histogram.disable();
  }
}

export interface ProcessFigures { readonly lag: { readonly meanSeconds: number; readonly maxSeconds: number }; readonly eventReaders: number; readonly residentBytes: number; readonly version: string }

/** Prometheus' text format, version 0.0.4. */
export function metricsText(statistics: Statistics, figures: ProcessFigures): string {
  const { commits } = statistics;
  return [
    family('vcp_build_info', 'gauge', 'Version of this controller.', [[{ version: figures.version }, 1]]),
    family('vcp_operations', 'gauge', 'Operations by state.', byState(statistics.operationsByState)),
    family('vcp_nodes', 'gauge', 'Nodes by state.', byState(statistics.nodesByState)),
    '# HELP vcp_journal_commit_seconds Time until a transaction was on the disk.', '# TYPE vcp_journal_commit_seconds summary',
    `vcp_journal_commit_seconds_sum ${commits.sumMs / 1000}`, `vcp_journal_commit_seconds_count ${commits.count}`,
    family('vcp_journal_commit_max_seconds', 'gauge', 'Longest commit since the start.', [[{}, commits.maxMs / 1000]]),
    family('vcp_event_loop_lag_mean_seconds', 'gauge', 'Mean delay of timers since the last reading.', [[{}, figures.lag.meanSeconds]]),
    family('vcp_event_loop_lag_max_seconds', 'gauge', 'Longest delay of timers since the last reading.', [[{}, figures.lag.maxSeconds]]),
    family('vcp_event_readers', 'gauge', 'Open event streams.', [[{}, figures.eventReaders]]),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory.', [[{}, figures.residentBytes]])
  ].join('\n') + '\n';
}

function byState(counts: Readonly<Record<string, number>>): readonly (readonly [Readonly<Record<string, string>>, number])[] {
  return Object.entries(counts).map(([state, count]) => [{ state }, count]);
}

function family(name: string, type: string, help: string, samples: readonly (readonly [Readonly<Record<string, string>>, number])[]): string {
  const lines = samples.map(([labels, value]) => {
    const inside = Object.entries(labels).map(([key, text]) => `${key}="${text.replace(/[\\"\n]/g, '_')}"`).join(',');
    return `${name}${inside === '' ? '' : `{${inside}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
}
