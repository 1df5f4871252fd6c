import { shell, node, sig } from './try.mjs';
import { execSync, exec } from 'node:child_process';
const sh = c => new Promise((r, j) => exec(c, (e, o, se) => e ? j(new Error(se)) : r(o)));
const key = execSync('base64 -w0 < /tmp/nodesdev/home/ssh/id_ed25519.pub').toString();
const up = i => sh(`docker run -d --init --name vcp-nr-${i} --hostname r${i} --network vcp-nd-net --ip 10.98.7.5${i} --cgroupns private --cap-add ALL --cap-drop SYS_RESOURCE --security-opt seccomp=unconfined --security-opt systempaths=unconfined --security-opt apparmor=unconfined --device-cgroup-rule 'a *:* rwm' -v vcp-nr-${i}-store:/var/lib/docker -e VCP_AUTHORIZED_KEYS=${key} vcp/base:latest`);
const down = i => sh(`docker rm -fv vcp-nr-${i}; docker volume rm vcp-nr-${i}-store`).catch(() => {});
const hk = async i => { for (;;) { const o = await sh(`docker logs vcp-nr-${i} 2>/dev/null`); const m = /VCP-HOSTKEY (\S+ \S+)/.exec(o); if (m) return m[1]; } };
const N = Number(process.argv[2]); const ids = Array.from({ length: N }, (_, i) => i + 1);
const A = [], B = [], C = [];
for (let k = 0; k < 5; k++) {
  let t = performance.now();
  await Promise.all(ids.map(async i => { await up(i); await sh(`docker exec vcp-nr-${i} vcp-wait 30`); })); A.push(performance.now() - t);
  await Promise.all(ids.map(down));
  t = performance.now();
  await Promise.all(ids.map(async i => { await up(i); const h = await hk(i); const t1 = performance.now(); await shell.waitUntilReady({ nodeId: `r${k}${i}`, name: `r${i}`, vcId: 'v', address: `10.98.7.5${i}`, hostKey: h }, sig()); C.push(performance.now() - t1); shell.drop(`r${k}${i}`); })); B.push(performance.now() - t);
  await Promise.all(ids.map(down));
}
const med = a => a.sort((x, y) => x - y)[a.length >> 1].toFixed(0);
console.log(N, 'docker run + vcp-wait', med(A), 'run + hostkey + waitUntilReady', med(B), 'waitUntilReady alone', med(C));
await shell.close();
