/**
 * The data folder of one installation: `VCP_HOME`, or a folder of the user's own where the XDG base directory
 * specification puts such data. Pure: everybody who looks for a controller agrees by it.
 */
export function homeFolder(environment: Readonly<Record<string, string | undefined>>, userHome: string): string {
  const given = environment['VCP_HOME'];
  if (given !== undefined && given !== '') return given;
  const data = environment['XDG_DATA_HOME'];
  const base = data === undefined || data === '' ? `${userHome.replace(/\/+$/, '')}/.local/share` : data.replace(/\/+$/, '');
  return `${base}/jupyterlab-vcp`;
}
