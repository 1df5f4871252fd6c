import type { Command } from '../command.js';
import { findNotebook, listTemplates, readParameters } from '../template-folder.js';
import { table } from '../terminal.js';
import { duration } from '../wording.js';

export const templatesCommand: Command = {
  name: 'templates', words: '', summary: 'list the templates that can be run',
  async run(_invocation, context) {
    const templates = await listTemplates();
    context.print(templates, templates.length === 0 ? 'No templates were found. Name their folder with VCP_TEMPLATES.' : table(['ID', 'VERSION', 'TITLE', 'MINUTES', 'NEEDS'], templates.map(({ template }) => [template.id, template.version, template.title.en, template.minutes === undefined ? '' : String(template.minutes), template.providers.join(', ')])));
    return 0;
  }
};

export const runCommand: Command = {
  name: 'run', words: 'TEMPLATE', summary: 'run a template or a notebook without a browser; ends at the first error',
  options: { param: { value: 'NAME=VALUE', short: 'p', multiple: true, summary: 'set a parameter' }, out: { value: 'DIR', summary: 'write the executed notebook there' } },
  examples: ['vcp run quickstart', 'vcp run templates-notebooks/quickstart -p workers=3 --out results'],
  async run(invocation, context) {
    const { path, template } = await findNotebook(invocation.words[0]!);
    const parameters = readParameters(invocation.texts('param'), template);
    // Only this command needs ZeroMQ.
    const { runNotebook } = await import('../notebook-runner/run-notebook.js');
    const outcome = await runNotebook({ path, parameters, out: invocation.text('out'), signal: context.signal, terminal: context.terminal, quiet: context.json });
    const words = outcome.state === 'succeeded' ? `✔ ${outcome.ran} cells ran in ${duration(outcome.durationMs)}` : `✖ ${outcome.state} in cell ${outcome.failedCell ?? '?'}: ${outcome.error ?? ''}`;
    context.print(outcome, outcome.written === undefined ? words : `${words}\n  ${outcome.written}`);
    return outcome.state === 'succeeded' ? 0 : 1;
  }
};
