import * as React from 'react';
import type { IStateFace, StateShape } from '../words.js';

/** Each state has a shape of its own, so that nobody needs its colour. Drawn in 16 x 16. */
const SHAPES: Readonly<Record<StateShape, React.ReactElement>> = {
  running: <circle cx="8" cy="8" r="5" className="jp-Vcp-fill" />,
  working: <><circle cx="8" cy="8" r="4.5" className="jp-Vcp-line" /><path d="M8 3.5a4.5 4.5 0 0 1 0 9z" className="jp-Vcp-fill" /></>,
  stopped: <circle cx="8" cy="8" r="4.5" className="jp-Vcp-line" strokeDasharray="2 1.6" />,
  degraded: <path d="M8 2.5 14 13H2z" className="jp-Vcp-fill" />,
  error: <path d="m3.5 3.5 9 9m0-9-9 9" className="jp-Vcp-line jp-Vcp-thick" />,
  empty: <circle cx="8" cy="8" r="4.5" className="jp-Vcp-line" />,
  deleting: <><circle cx="8" cy="8" r="5" className="jp-Vcp-line" /><path d="m4.5 11.5 7-7" className="jp-Vcp-line" /></>,
  unknown: <><path d="M5.5 6a2.5 2.5 0 1 1 3.7 2.2C8.3 8.7 8 9 8 10" className="jp-Vcp-line" /><circle cx="8" cy="12.6" r="1" className="jp-Vcp-fill" /></>,
  waiting: <><circle cx="8" cy="8" r="5" className="jp-Vcp-line" /><path d="M8 5v3.2l2 1.3" className="jp-Vcp-line" /></>,
  done: <path d="m3 8.5 3.5 3.5L13 4.5" className="jp-Vcp-line jp-Vcp-thick" />
};

/** A state as icon and word. */
export function StateChip(props: { readonly face: IStateFace; readonly title?: string | undefined }): React.ReactElement {
  return (
    <span className={`jp-Vcp-state jp-mod-${props.face.shape}`} title={props.title}>
      <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">{SHAPES[props.face.shape]}</svg>
      <span className="jp-Vcp-stateWord">{props.face.word}</span>
    </span>
  );
}
