// JupyterLab is shown this checkout's extension, kernel and server part without installing them.
import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quiet } from './exec.mjs';
import { Remedy } from './say.mjs';

export async function stageJupyter(root, bin) {
  const stage = join(root, '.work', 'jupyter');
  const share = join(stage, 'share', 'jupyter');
  const etc = join(stage, 'etc', 'jupyter');
  mkdirSync(join(share, 'labextensions'), { recursive: true });
  mkdirSync(join(share, 'kernels', 'vcp'), { recursive: true });
  mkdirSync(join(etc, 'jupyter_server_config.d'), { recursive: true });
  link(join(root, 'extension', 'jupyterlab_vcp', 'labextension'), join(share, 'labextensions', 'jupyterlab-vcp'));
  writeFileSync(join(share, 'kernels', 'vcp', 'kernel.json'), `${JSON.stringify({
    argv: [process.execPath, '--no-force-async-hooks-checks', join(root, 'kernel', 'dist', 'kernel.mjs'), '{connection_file}'],
    display_name: 'Virtual Cloud (TypeScript)', language: 'typescript', interrupt_mode: 'message', metadata: { debugger: false }
  }, null, 2)}\n`);
  const logo = join(root, 'kernel', 'dist', 'kernelspec', 'logo-svg.svg');
  // A copy: the server does not serve what a link leads to outside the kernel's folder.
  rmSync(join(share, 'kernels', 'vcp', 'logo-svg.svg'), { force: true });
  if (existsSync(logo)) copyFileSync(logo, join(share, 'kernels', 'vcp', 'logo-svg.svg'));
  writeFileSync(join(etc, 'jupyter_server_config.d', 'jupyterlab_vcp.json'), `${JSON.stringify({ ServerApp: { jpserver_extensions: { jupyterlab_vcp: true } } }, null, 2)}\n`);
  await registerPackage(root, bin, stage);
  return { environment: {
    JUPYTER_PATH: [share, process.env.JUPYTER_PATH].filter(Boolean).join(':'),
    JUPYTER_CONFIG_PATH: [etc, process.env.JUPYTER_CONFIG_PATH].filter(Boolean).join(':'),
    PYTHONPATH: [join(root, 'extension'), join(stage, 'python'), process.env.PYTHONPATH].filter(Boolean).join(':')
  } };
}

/** Entry points (translations) are read from a package's metadata: a small dist-info beside the sources is enough. */
async function registerPackage(root, bin, stage) {
  const folder = join(stage, 'python', 'jupyterlab_vcp-0.1.0.dist-info');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'METADATA'), 'Metadata-Version: 2.1\nName: jupyterlab-vcp\nVersion: 0.1.0\n');
  writeFileSync(join(folder, 'entry_points.txt'), '[jupyterlab.locale]\njupyterlab_vcp = jupyterlab_vcp\n');
  const check = await quiet(join(bin, 'python'), ['-c', 'import jupyterlab_vcp'], { env: { ...process.env, PYTHONPATH: join(root, 'extension') } });
  if (check.code !== 0) throw new Remedy(`The server extension cannot be imported:\n${check.output}`);
}

function link(target, path) {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
}
