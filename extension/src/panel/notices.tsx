import * as React from 'react';
import type { ProviderView } from '@jupyterlab-vcp/sdk/wire';
import type { IControllerStatus } from '../api.js';
import { CommandIDs, QUICK_START } from '../command-ids.js';
import { VERSION } from '../version.js';
import { providerTitle, whyAbsent } from '../words.js';
import { run, type IPanelContext } from './context.js';

interface INoticeProps { readonly context: IPanelContext }

/** No virtual cloud yet: one sentence and three ways to begin. */
export function EmptyState({ context }: INoticeProps): React.ReactElement {
  const { trans } = context;
  const button = (label: string, command: string, primary = false, args = {}): React.ReactElement => (
    <button type="button" className={`jp-Vcp-button jp-mod-styled${primary ? ' jp-mod-accept' : ' jp-mod-reject'}`} onClick={() => run(context, command, args)}>{label}</button>
  );
  return (
    <div className="jp-Vcp-notice jp-Vcp-empty">
      <p>{trans.__('There is no virtual cloud yet. A notebook makes one, in a few cells.')}</p>
      <div className="jp-Vcp-buttons">
        {button(trans.__('Quick start'), CommandIDs.newFromTemplate, true, { template: QUICK_START })}
        {button(trans.__('From a template…'), CommandIDs.newFromTemplate)}
        {button(trans.__('Connect to a controller…'), CommandIDs.showConnect)}
      </div>
    </div>
  );
}

/** No controller: what was tried, how to start it, a button. */
export function ControllerAbsent({ context, status }: INoticeProps & { readonly status: IControllerStatus | undefined }): React.ReactElement {
  const { trans } = context;
  const starting = status?.state === 'starting';
  return (
    <div className="jp-Vcp-notice jp-Vcp-absent" role="status">
      <h3 className="jp-Vcp-noticeTitle">{starting ? trans.__('The controller is starting…') : trans.__('The controller is not there')}</h3>
      {starting ? null : <p>{trans.__('The controller is the program that makes and watches your nodes.')} {whyAbsent(status, trans)}</p>}
      {starting ? <><div className="jp-Vcp-bar jp-mod-unknown"><div className="jp-Vcp-barDone" /></div><p className="jp-Vcp-quiet">{status.progress}</p></> : null}
      <div className="jp-Vcp-buttons">
        <button type="button" className="jp-Vcp-button jp-mod-styled jp-mod-accept" disabled={starting} onClick={() => run(context, CommandIDs.startController)}>{trans.__('Start the controller')}</button>
      </div>
      {starting ? null : <p className="jp-Vcp-quiet">{trans.__('Or in a terminal:')} <code>vcp controller start</code></p>}
      {status === undefined || starting ? null : <Tried context={context} status={status} />}
    </div>
  );
}

function Tried({ context, status }: INoticeProps & { readonly status: IControllerStatus }): React.ReactElement {
  const { trans } = context;
  return (
    <details className="jp-Vcp-tried" open={status.why?.code === 'exited' || status.why?.code === 'timed-out'}>
      <summary>{trans.__('What was tried')}</summary>
      <dl>
        <dt>{trans.__('Data folder')}</dt><dd><code>{status.home}</code></dd>
        <dt>{trans.__('Program')}</dt><dd><code>{status.script}</code></dd>
        <dt>Node.js</dt><dd>{status.node.tried.map(line => <code key={line}>{line}</code>)}</dd>
      </dl>
      {status.why === undefined || status.why.detail === '' ? null : <pre>{status.why.detail}</pre>}
    </details>
  );
}

/** The provider cannot be used now, most often because its engine is not there. */
export function ProviderAbsent({ context, providers }: INoticeProps & { readonly providers: readonly ProviderView[] }): React.ReactElement | null {
  const { trans } = context;
  const missing = providers.filter(provider => !provider.available);
  if (missing.length === 0) return null;
  return (
    <>
      {missing.map(provider => (
        <div key={provider.name} className="jp-Vcp-notice jp-Vcp-provider" role="status">
          <h3 className="jp-Vcp-noticeTitle">{trans.__('“%1” cannot be used now', providerTitle(provider, trans))}</h3>
          <p>{provider.reason}</p>
          {provider.hint === undefined ? null : <p>{provider.hint}</p>}
          {provider.api === 'local' ? <EngineHelp context={context} /> : null}
          <div className="jp-Vcp-buttons"><button type="button" className="jp-Vcp-button jp-mod-styled jp-mod-reject" onClick={() => run(context, CommandIDs.refresh)}>{trans.__('Look again')}</button></div>
        </div>
      ))}
    </>
  );
}

function EngineHelp({ context }: INoticeProps): React.ReactElement {
  const { trans } = context;
  return (
    <details className="jp-Vcp-tried">
      <summary>{trans.__('How to install and start Docker')}</summary>
      <p>{trans.__('Debian and Ubuntu, in a terminal:')}</p>
      <pre>{'sudo apt-get install docker.io\nsudo systemctl enable --now docker\nsudo usermod -aG docker $USER'}</pre>
      <p>{trans.__('Then log out and in again. An engine elsewhere on this machine is named by DOCKER_HOST before the controller starts.')}</p>
      <p className="jp-Vcp-quiet">{trans.__('Who may use Docker has the rights of root on this machine.')}</p>
    </details>
  );
}

/** The server's half is missing or of another version. */
export function ServerPartNotice({ context, serverVersion }: INoticeProps & { readonly serverVersion: string | undefined }): React.ReactElement {
  const { trans } = context;
  return (
    <div className="jp-Vcp-notice" role="status">
      <h3 className="jp-Vcp-noticeTitle">{serverVersion === undefined ? trans.__('The server part of Virtual Clouds is not installed') : trans.__('Page and server are of different versions')}</h3>
      {serverVersion === undefined
        ? <><p>{trans.__('Install and enable it, then start JupyterLab again:')}</p><pre>{'pip install jupyterlab-vcp\njupyter server extension enable jupyterlab_vcp'}</pre></>
        : <p>{trans.__('The page is %1, the server is %2. Restart JupyterLab and reload this page.', VERSION, serverVersion)}</p>}
    </div>
  );
}

export function FailedNotice({ context, title, detail }: INoticeProps & { readonly title: string; readonly detail: string }): React.ReactElement {
  return (
    <div className="jp-Vcp-notice" role="status">
      <h3 className="jp-Vcp-noticeTitle">{title}</h3>
      {detail === '' ? null : <p>{detail}</p>}
      <div className="jp-Vcp-buttons"><button type="button" className="jp-Vcp-button jp-mod-styled jp-mod-reject" onClick={() => run(context, CommandIDs.refresh)}>{context.trans.__('Look again')}</button></div>
    </div>
  );
}
