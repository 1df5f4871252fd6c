/** The data folder of one installation: `VCP_HOME`, or a folder of the user's own. Pure: both sides of the socket agree by it. */
export function homeFolder(environment: Readonly<Record<string, string | undefined>>, userHome: string): string {
  const given = environment['VCP_HOME'];
  return given === undefined || given === '' ? `${userHome.replace(/\/+$/, '')}/.local/share/jupyterlab-vcp` : given;
}
