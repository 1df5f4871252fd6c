import * as sdk from '@jupyterlab-vcp/sdk';
import type { OperationView, Plan } from '@jupyterlab-vcp/sdk/wire';
import type { MimeBundle } from '../exec/mime-bundle.js';
import type { ModuleNamespace } from '../exec/module-loader.js';
import type { MagicHandler } from '../magics/magic-call.js';
import { applyMagic, planMagic } from './apply-magic.js';
import { composeMagic, cpMagic, deleteMagic, exportMagic, scaleMagic } from './change-magics.js';
import { eventsMagic, opsMagic, psMagic, useMagic } from './list-magics.js';
import { onMagic } from './on-magic.js';
import { OperationProgress } from './operation-progress.js';
import { planBundle } from './plan-view.js';
import { presentSdkValue } from './present.js';
import { VcContext, type VcContextOptions } from './vc-context.js';

/** All that the kernel knows of virtual clouds. */
export interface VcRoom {
  readonly handlers: Readonly<Record<string, MagicHandler>>;
  readonly globals: Readonly<Record<string, unknown>>;
  /** What `import … from "@jupyterlab-vcp/sdk"` gives to cells: the copy that knows the running cell. */
  readonly sdk: ModuleNamespace;
  /** How results of the SDK are shown. */
  readonly present: (value: unknown) => MimeBundle | undefined;
}

/** Connects the SDK with the cells of this notebook. Nothing is contacted before a cell asks for it. */
export function createVcRoom(options: VcContextOptions): VcRoom {
  const vc = new VcContext(options);
  sdk.setDefaults(() => vc.defaults({ onProgress: showProgress(vc), ask: (plan) => askInCell(vc, plan) }));
  return {
    handlers: {
      'vc apply': applyMagic(vc),
      'vc plan': planMagic(vc),
      'vc ps': psMagic(vc),
      'vc scale': scaleMagic(vc),
      'vc delete': deleteMagic(vc),
      'vc use': useMagic(vc),
      'vc ops': opsMagic(vc),
      'vc events': eventsMagic(vc),
      'vc export': exportMagic(vc),
      'vc cp': cpMagic(vc),
      on: onMagic(vc),
      compose: composeMagic(vc)
    },
    globals: { VcpSDK: sdk.VcpSDK, vc: new sdk.VcpSDK() },
    sdk,
    present: presentSdkValue
  };
}

/** Progress of operations that SDK calls of a cell wait for, each in its own place. */
function showProgress(vc: VcContext): (view: OperationView) => void {
  return (view) => {
    const cell = vc.contexts.current();
    if (!cell) return;
    const progress = cell.memo(`operation ${view.id}`, () => {
      const made = new OperationProgress(vc.output, cell.request.cell);
      cell.signal.addEventListener('abort', () => made.leave(), { once: true });
      return made;
    });
    progress.update(view);
  };
}

async function askInCell(vc: VcContext, plan: Plan): Promise<boolean> {
  const cell = vc.contexts.current();
  if (!cell) return false;
  vc.output.display(cell.request.cell, planBundle(plan));
  if (plan.changes.length === 0) return true;
  if (!cell.request.allowsStdin) throw new sdk.VcpError('confirmation_required', `Nothing was changed in ${plan.vc}: nobody can be asked here.`, { hint: 'Give { yes: true } to agree to this plan.' });
  return /^y(?:es)?$/i.test((await vc.input.ask(cell, `Do this to ${plan.vc}? [y/N] `, false)).trim());
}
