import { execFile } from 'node:child_process';
import { VcpError } from '@jupyterlab-vcp/sdk/wire';
import type Docker from 'dockerode';
import { isGone, statusOf } from './docker-errors.js';
import { HELPER_LABEL } from './owner-names.js';

/**
 * A region that is reached through its gateway only: rules of this computer's packet filter that make it so here too.
 * $1 = open | keep | remove, $2 = interface of the network (with remove: empty for none but those that are gone), $3 = gateway's address (empty: nobody gets in).
 * The chain is replaced in one step, so there is no moment without it. `keep` leaves what is there.
 */
const SCRIPT = `set -eu
act=$1 bridge=$2 gateway=$3 chain=VCP-$2
run() { iptables -w 10 "$@"; }
jump() { # $1 = built-in chain, the rest = match
  builtin=$1; shift
  run -C "$builtin" "$@" -j "$chain" 2>/dev/null || run -I "$builtin" 1 "$@" -j "$chain"
}
drop() { # $1 = interface
  while run -D OUTPUT -o "$1" -j "VCP-$1" 2>/dev/null; do :; done
  while run -D FORWARD -o "$1" ! -i "$1" -j "VCP-$1" 2>/dev/null; do :; done
  run -F "VCP-$1" 2>/dev/null || true
  run -X "VCP-$1" 2>/dev/null || true
}
if [ "$act" = remove ]; then
  if [ -n "$bridge" ]; then drop "$bridge"; fi
  # Rules of networks that went while their controller was killed.
  run -S | sed -n 's/^-N VCP-\\(vcp-[0-9a-f]*\\)$/\\1/p' | while read -r other; do
    if [ ! -e "/sys/class/net/$other" ]; then drop "$other"; fi
  done
  exit 0
fi
if [ "$act" = open ] || ! run -n -L "$chain" >/dev/null 2>&1; then
  {
    echo '*filter'
    echo ":$chain - [0:0]"
    echo "-A $chain -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN"
    if [ -n "$gateway" ]; then echo "-A $chain -d $gateway/32 -p tcp -m tcp --dport 22 -m addrtype --src-type LOCAL -j RETURN"; fi
    echo "-A $chain -j REJECT --reject-with icmp-admin-prohibited"
    echo COMMIT
  } | iptables-restore -w 10 --noflush
fi
jump OUTPUT -o "$bridge"
jump FORWARD -o "$bridge" ! -i "$bridge"
`;

export interface FirewallOptions {
  readonly docker: Docker;
  /** Image for the helper, where this process may not set rules itself. */
  readonly image: string;
  readonly asRoot: boolean;
}

/** A helper that is older was left by a controller that was killed. */
const OLDEST_HELPER_SECONDS = 600;

/** Closes the network but for the gateway's port 22; without a gateway, wholly. Safe to repeat. */
export function openForGateway(options: FirewallOptions, bridge: string, gateway: string | undefined): Promise<void> {
  return runRules(options, ['open', bridge, gateway ?? '']);
}

/** Closes a new network; a gateway that was let in before stays so. */
export function closeUnlessSet(options: FirewallOptions, bridge: string): Promise<void> {
  return runRules(options, ['keep', bridge, '']);
}

/** Removes what the two above have set, for this network (if any) and for all that no longer exist. */
export function removeRules(options: FirewallOptions, bridge: string | undefined): Promise<void> {
  return runRules(options, ['remove', bridge ?? '', '']);
}

async function runRules(options: FirewallOptions, args: readonly [string, string, string]): Promise<void> {
  const said = (options.asRoot ? await runHere(args) : undefined) ?? (await runInHelper(options, args));
  if (said.code === 0) return;
  throw new VcpError('provider_failed', `The rules that close a gateway region's network (${args[1]}) could not be set: ${said.output || `exit code ${said.code}`}`, {
    hint: 'Install iptables (sudo apt-get install iptables) and load its kernel modules, or use region one.'
  });
}

interface Outcome { readonly code: number; readonly output: string }

/** @returns undefined when this computer has no iptables of its own. */
function runHere(args: readonly string[]): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    execFile('/bin/sh', ['-c', `command -v iptables >/dev/null && command -v iptables-restore >/dev/null || exit 127\n${SCRIPT}`, 'sh', ...args], { env: { PATH: '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin' } }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, output: '' });
      if (typeof error.code !== 'number') return reject(error);
      resolve(error.code === 127 ? undefined : { code: error.code, output: `${stdout}${stderr}`.trim() });
    });
  });
}

/** A container in this computer's own network that lives as long as the script: members of the group docker may do that. */
async function runInHelper(options: FirewallOptions, args: readonly string[]): Promise<Outcome> {
  await removeOldHelpers(options.docker);
  const container = await options.docker.createContainer({
    Image: options.image, Entrypoint: ['/bin/sh', '-c', SCRIPT, 'sh'], Cmd: [...args], Labels: { [HELPER_LABEL]: 'firewall' },
    HostConfig: { NetworkMode: 'host', CapDrop: ['ALL'], CapAdd: ['NET_ADMIN', 'NET_RAW'], AutoRemove: false, LogConfig: { Type: 'json-file', Config: {} } }
  });
  try {
    await container.start();
    const { StatusCode: code } = (await container.wait()) as { readonly StatusCode: number };
    if (code === 0) return { code, output: '' };
    const log = await container.logs({ stdout: true, stderr: true });
    return { code, output: plainLog(log) };
  } finally {
    await container.remove({ force: true });
  }
}

async function removeOldHelpers(docker: Docker): Promise<void> {
  const helpers = await docker.listContainers({ all: true, filters: { label: [`${HELPER_LABEL}=firewall`] } });
  const old = helpers.filter(helper => helper.Created < Date.now() / 1000 - OLDEST_HELPER_SECONDS);
  for (const helper of old) await docker.getContainer(helper.Id).remove({ force: true }).catch((error: unknown) => { if (!isGone(error) && statusOf(error) !== 409) throw error; });
}

/** The text of a log without the 8-byte heads in which the engine says which stream each piece came from. */
export function plainLog(log: Buffer): string {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset + 8 <= log.length;) {
    const length = log.readUInt32BE(offset + 4);
    pieces.push(log.subarray(offset + 8, offset + 8 + length));
    offset += 8 + length;
  }
  return Buffer.concat(pieces).toString('utf8').trim();
}
