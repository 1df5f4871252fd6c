import { readFileSync, realpathSync, statfsSync } from 'node:fs';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';

/** File systems whose locks or syncs cannot be trusted between machines. */
const NETWORK_TYPES = /^(?:nfs\d?|cifs|smb\d?|smbfs|afs|ceph|lustre|gpfs|beegfs|fuse\.(?:sshfs|rclone|s3fs|glusterfs|ceph|davfs2?|smbnetfs))$/;
/** `f_type` of statfs(2), for systems without /proc. */
const MAGIC: Readonly<Record<number, string>> = { 0x6969: 'nfs', 0xff534d42: 'cifs', 0xfe534d42: 'smb3', 0x517b: 'smbfs', 0x5346414f: 'afs', 0x00c36400: 'ceph', 0x0bd00bd0: 'lustre' };

/** The type of the file system that holds `path`, as the kernel calls it. */
export function fileSystemType(path: string): string {
  const magic = MAGIC[statfsSync(path).type >>> 0];
  if (magic !== undefined) return magic;
  try {
    return typeAmongMounts(readFileSync('/proc/self/mountinfo', 'utf8'), realpathSync(path)) ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** The longest mount point that is a prefix of the path wins; of several on one point the last. */
export function typeAmongMounts(mountinfo: string, path: string): string | undefined {
  let best: { readonly point: string; readonly type: string } | undefined;
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    const point = left?.split(' ')[4]?.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    const type = right?.split(' ')[0];
    if (point === undefined || type === undefined) continue;
    const holds = path === point || path.startsWith(point === '/' ? '/' : `${point}/`);
    if (holds && (best === undefined || point.length >= best.point.length)) best = { point, type };
  }
  return best?.type;
}

/** @throws VcpError not_supported for a folder on a network file system. */
export function refuseNetworkFileSystem(folder: string, typeOf: (path: string) => string = fileSystemType): void {
  const type = typeOf(folder);
  if (!NETWORK_TYPES.test(type)) return;
  throw new VcpError('not_supported', `The data folder ${folder} is on a network file system (${type}), where a database can be lost.`, { hint: 'Set VCP_HOME to a folder on a disk of this machine.' });
}
