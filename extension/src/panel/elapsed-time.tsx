import * as React from 'react';
import { elapsed } from '../format.js';

/** Counts the seconds since `since`; only this text is drawn anew each second. */
export function ElapsedTime(props: { readonly since: string }): React.ReactElement {
  const begun = Date.parse(props.since);
  const [now, setNow] = React.useState(() => Date.now());
  React.useEffect(() => {
    const timer = window.setInterval(() => { if (!document.hidden) setNow(Date.now()); }, 1000);
    return () => window.clearInterval(timer);
  }, []);
  return <span className="jp-Vcp-elapsed">{elapsed(now - begun)}</span>;
}
