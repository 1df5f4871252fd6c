import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isVcpError } from '@jupyterlab-vcp/sdk/wire';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NodeRequest } from '../../../domain/index.js';
import { BaseImage } from './base-image.js';
import { readBaseRecipe } from './base-recipe.js';
import { debianMirror, mirrorHostEntry } from './debian-mirror.js';
import { openForGateway, removeRules } from './gateway-firewall.js';
import { context, docker, id, inNode, knock, knockFrom, LocalCloud, recipeFolder, run, TINY, type NodeWish, type Place } from './local-cloud.fixture.js';
import { bridgeName, encodeOwner, ownerLabels } from './owner-names.js';

const cloud = new LocalCloud();
const { provider, installation, workFolder } = cloud;
const makeNetwork = (region?: string): Promise<Place> => cloud.makeNetwork(region);
const nodeRequest = (place: Place, host: number, wish?: NodeWish): NodeRequest => cloud.nodeRequest(place, host, wish);

beforeAll(() => provider.prepare(context()));
afterEach(() => cloud.removeEverything());
afterAll(() => cloud.close());

describe('base image', () => {
  it('is there after several prepares at the same time, under the digest of its recipe, and then at once', async () => {
    const image = readBaseRecipe(recipeFolder);
    const started = performance.now();
    await Promise.all([1, 2, 3].map(() => provider.prepare(context())));
    expect(performance.now() - started).toBeLessThan(2000);
    expect((await docker.getImage(image.image).inspect()).Config.Labels?.['vcp.recipe']).toBe(image.digest);
  });
});

describe('a build of the base image', () => {
  it('is shared, goes on while one still waits for it, and leaves no image when the last one leaves', async () => {
    const folder = join(workFolder, 'slow-recipe');
    mkdirSync(folder);
    writeFileSync(join(folder, 'Dockerfile'), `ARG BASE\nFROM \${BASE}\nRUN echo ${installation} && sleep 60\n`);
    const recipe = readBaseRecipe(folder);
    const image = new BaseImage({ docker: () => docker, recipe: () => recipe, workFolder, environment: {} });
    const [first, second] = [new AbortController(), new AbortController()];
    const seen: string[] = [];
    const one = image.ensure(context(first.signal)).catch((error: unknown) => error);
    const other = image.ensure({ signal: second.signal, progress: message => { seen.push(message); } }).catch((error: unknown) => error);
    await vi.waitFor(() => expect(seen.at(-1)).toContain('step 3 of'), 60_000);
    const building = async (): Promise<number> => (await docker.listContainers()).filter(container => container.Command.includes(installation)).length;
    await vi.waitFor(async () => expect(await building()).toBe(1), 20_000);

    first.abort();
    expect((await one as Error).name).toBe('AbortError');
    expect(await building()).toBe(1);

    second.abort();
    expect((await other as Error).name).toBe('AbortError');
    await vi.waitFor(async () => expect(await building()).toBe(0), 20_000);
    await expect(docker.getImage(recipe.image).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('nodes', () => {
  it('have address, name, owner and the host key that their sshd really shows', async () => {
    const place = await makeNetwork();
    const [first, second] = [nodeRequest(place, 11, { nodeName: 'head-1' }), nodeRequest(place, 12, { nodeName: 'worker-1', hosts: [{ name: 'head-1', address: `${place.prefix}.11` }] })];
    const [one] = await Promise.all([provider.createNode(first, context()), provider.createNode(second, context())]);
    expect(one).toEqual({ cloudId: expect.stringMatching(/^[0-9a-f]{64}$/), address: `${place.prefix}.11`, hostKey: expect.stringMatching(/^ssh-ed25519 \S{68}$/) });
    expect((await inNode(first, 'vcp-wait 60')).code).toBe(0);
    const scan = await inNode(second, 'ssh-keyscan -t ed25519 head-1 2>/dev/null');
    expect(scan.out.trim().split(' ').slice(1).join(' ')).toBe(one.hostKey);
    expect((await inNode(first, 'hostname; cat /etc/hosts')).out).toContain(`${place.prefix}.11\thead-1`);
    const shown = await inNode(first, 'sshd -T');
    expect(shown.out).toContain('passwordauthentication no');
    expect(shown.out).toMatch(/permitrootlogin (prohibit-password|without-password)/);
    // The engine's socket of this computer is not in the node: what answers is the node's own engine.
    expect((await inNode(first, 'docker info --format "{{.Name}}"')).out.trim()).toBe('head-1');
  });

  it('are made once however often and by however many they are asked for', async () => {
    const place = await makeNetwork();
    const request = nodeRequest(place, 11);
    const both = await Promise.all([provider.createNode(request, context()), provider.createNode(request, context())]);
    const again = await provider.createNode({ ...request, ownership: { ...request.ownership, operation: 'op2' } }, context());
    expect(new Set([...both, again].map(node => `${node.cloudId} ${node.hostKey}`)).size).toBe(1);
    expect((await provider.inventory(installation, context())).map(item => item.kind).sort()).toEqual(['network', 'node', 'volume']);
  });

  it('that a killed controller left as a volume, or created and not started, are finished', async () => {
    const place = await makeNetwork();
    const half = nodeRequest(place, 11);
    await docker.createVolume({ Name: encodeOwner(half.ownership), Labels: ownerLabels(half.ownership) });
    const made = await provider.createNode(half, context());
    await docker.getContainer(made.cloudId).remove({ force: true });
    const fresh = await provider.createNode(half, context());
    expect(fresh.cloudId).not.toBe(made.cloudId);

    const created = nodeRequest(place, 12);
    const first = await provider.createNode(created, context());
    await docker.getContainer(first.cloudId).stop({ t: 0 });
    const finished = await provider.createNode(created, context());
    expect(finished).toEqual(first);
    expect((await docker.getContainer(first.cloudId).inspect()).State.Running).toBe(true);
  });

  it('with the name of a stranger\'s container are refused, and the stranger stays', async () => {
    const place = await makeNetwork();
    const request = nodeRequest(place, 11);
    const stranger = await docker.createContainer({ name: encodeOwner(request.ownership), Image: 'vcp/debian:12', Cmd: ['true'], Labels: { 'vcp.installation': 'another' } });
    try {
      const failure = await provider.createNode(request, context()).catch((error: unknown) => error);
      expect(isVcpError(failure) && failure.code).toBe('conflict');
      expect((await stranger.inspect()).State.Status).toBe('created');
    } finally {
      await stranger.remove({ force: true });
    }
  });

  it('on an address in use fail with a conflict that names it', async () => {
    const place = await makeNetwork();
    await provider.createNode(nodeRequest(place, 11), context());
    const failure = await provider.createNode(nodeRequest(place, 11), context()).catch((error: unknown) => provider.classify(error).error);
    expect(failure).toMatchObject({ code: 'conflict', message: expect.stringContaining('Address already in use') });
  });

  it('go with their volume, and deleting what is gone succeeds', async () => {
    const place = await makeNetwork();
    const request = nodeRequest(place, 11);
    await provider.createNode(request, context());
    await Promise.all([provider.deleteNode(request.ownership, context()), provider.deleteNode(request.ownership, context())]);
    await provider.deleteNode(request.ownership, context());
    await provider.deleteNetwork(place.cloudId, context());
    await provider.deleteNetwork(place.cloudId, context());
    expect(await provider.inventory(installation, context())).toEqual([]);
  });

  it('that are killed are shown as stopped, with whose they are', async () => {
    const place = await makeNetwork();
    const request = nodeRequest(place, 11);
    const { cloudId } = await provider.createNode(request, context());
    await docker.getContainer(cloudId).kill();
    await docker.getContainer(cloudId).wait();
    const node = (await provider.inventory(installation, context())).find(item => item.kind === 'node');
    expect(node).toMatchObject({ cloudId, state: 'stopped', owner: request.ownership, address: `${place.prefix}.11` });
  });
});

describe('limits of a flavor', () => {
  it('bind the application containers: one that takes more memory than the node has is killed', async () => {
    const place = await makeNetwork();
    const node = nodeRequest(place, 11, { memoryGiB: 0.5 });
    await provider.createNode(node, context());
    expect((await inNode(node, `vcp-wait 60 && ${TINY}`)).code).toBe(0);
    const take = (mebibytes: number): Promise<{ readonly code: number; readonly out: string }> => inNode(node, `docker run --rm --network none tiny /usr/bin/perl -e '$x = "a" x (${mebibytes} * 1048576); print length $x'`);
    expect(await take(64)).toMatchObject({ code: 0, out: String(64 * 1_048_576) });
    expect((await take(900)).code).toBe(137);
    // The node itself lives on.
    expect((await inNode(node, 'vcp-wait 10')).code).toBe(0);
  });

  it('bind the application containers: two busy ones get no more processor together than the node has', async () => {
    const place = await makeNetwork();
    const node = nodeRequest(place, 11, { cpu: 0.5 });
    await provider.createNode(node, context());
    expect((await inNode(node, `vcp-wait 60 && ${TINY}`)).code).toBe(0);
    const busy = `docker run --rm --network none tiny /usr/bin/perl -e 'my $end = time + 4; 1 while time < $end; print "" . (times)[0] . "\\n"'`;
    const { out } = await inNode(node, `${busy} & ${busy} & wait`);
    const used = out.trim().split('\n').reduce((sum, line) => sum + Number(line), 0);
    expect(used).toBeGreaterThan(0.1);
    expect(used).toBeLessThan(4 * 0.5 * 1.4);
  });
});

describe('networks', () => {
  it('are taken over when they exist, and refused over another one\'s range with its name', async () => {
    const place = await makeNetwork();
    const owner = { installation, vcId: place.vcId, networkId: place.networkId, operation: 'op2' };
    const again = await provider.ensureNetwork({ ownership: owner, vcName: 'trial', region: 'one', cidr: `${place.prefix}.0/24` }, context());
    expect(again.cloudId).toBe(place.cloudId);
    const failure = await provider.ensureNetwork({ ownership: { ...owner, networkId: id('nt') }, vcName: 'trial', region: 'one', cidr: `${place.prefix}.0/24` }, context()).catch((error: unknown) => provider.classify(error).error);
    expect(failure).toMatchObject({ code: 'conflict', message: expect.stringContaining(encodeOwner(owner)), hint: expect.stringContaining('network.cidr') });
  });

  it('that still have nodes are not removed', async () => {
    const place = await makeNetwork();
    await provider.createNode(nodeRequest(place, 11), context());
    const failure = await provider.deleteNetwork(place.cloudId, context()).catch((error: unknown) => provider.classify(error));
    expect(failure).toMatchObject({ error: { code: 'conflict' }, retryable: true });
  });
});

describe('region two', () => {
  it('is reached through port 22 of its gateway and by no other way', async () => {
    const [open, closed] = [await makeNetwork('one'), await makeNetwork('two')];
    const gateway = nodeRequest(closed, 11, { nodeName: 'gate-1' });
    const inner = nodeRequest(closed, 12, { nodeName: 'inner-1' });
    const outside = nodeRequest(open, 11, { nodeName: 'outside-1' });
    await Promise.all([gateway, inner, outside].map(request => provider.createNode(request, context())));
    await Promise.all([gateway, inner, outside].map(request => inNode(request, 'vcp-wait 60')));

    expect(await knock(outside.address, 22)).toBe('open');
    expect(await knock(gateway.address, 22)).not.toBe('open');
    expect(await knock(inner.address, 22)).not.toBe('open');

    await provider.setGateway(closed.cloudId, { address: gateway.address }, context());
    await provider.setGateway(closed.cloudId, { address: gateway.address }, context());
    expect(await knock(gateway.address, 22)).toBe('open');
    expect(await knock(gateway.address, 2375)).toBe('EHOSTUNREACH');
    expect(await knock(inner.address, 22)).toBe('EHOSTUNREACH');
    // Inside they talk freely; from the other region nothing gets in, not even to the gateway.
    expect(await knockFrom(inner, gateway.address, 22)).toBe('open');
    expect(await knockFrom(gateway, inner.address, 22)).toBe('open');
    expect(await knockFrom(outside, gateway.address, 22)).toBe('closed');
    expect(await knockFrom(outside, inner.address, 22)).toBe('closed');

    // Taken over again (a controller that starts anew) the gateway stays open; without a gateway all is shut.
    await provider.ensureNetwork({ ownership: { ...closed, installation, operation: 'op2' }, vcName: 'trial', region: 'two', cidr: `${closed.prefix}.0/24` }, context());
    expect(await knock(gateway.address, 22)).toBe('open');
    await provider.setGateway(closed.cloudId, undefined, context());
    expect(await knock(gateway.address, 22)).toBe('EHOSTUNREACH');
  });

  it('sends what its nodes ask for out of this computer as region one does', async () => {
    const [open, closed] = [await makeNetwork('one'), await makeNetwork('two')];
    const [outside, inner] = [nodeRequest(open, 11), nodeRequest(closed, 11)];
    await Promise.all([outside, inner].map(request => provider.createNode(request, context())));
    const rules = (await run('iptables', ['-t', 'nat', '-S', 'POSTROUTING'])).stdout;
    for (const place of [open, closed]) expect(rules).toContain(`-s ${place.prefix}.0/24 ! -o ${bridgeName({ installation, networkId: place.networkId })} -j MASQUERADE`);
    // The same mirror that the base image came from, as far as this computer itself reaches it.
    const mirror = (await mirrorHostEntry(await debianMirror()))?.split(':')[1] ?? '';
    expect(await knock(mirror, 80)).toBe('open');
    expect(await knockFrom(outside, mirror, 80)).toBe('open');
    expect(await knockFrom(inner, mirror, 80)).toBe('open');
  });

  it('leaves no rule behind, also when the controller was killed between network and rules', async () => {
    const closed = await makeNetwork('two');
    const bridge = bridgeName({ installation, networkId: closed.networkId });
    expect((await run('iptables', ['-S'])).stdout).toContain(`VCP-${bridge}`);
    await docker.getNetwork(closed.cloudId).remove();
    await provider.deleteNetwork(closed.cloudId, context());
    expect((await run('iptables', ['-S'])).stdout).not.toContain(bridge);
  });

  it('is closed by a helper container where this process may not set rules', async () => {
    const closed = await makeNetwork('two');
    const bridge = bridgeName({ installation, networkId: closed.networkId });
    const options = { docker, image: readBaseRecipe(recipeFolder).image, asRoot: false };
    await openForGateway(options, bridge, `${closed.prefix}.11`);
    expect((await run('iptables', ['-S', `VCP-${bridge}`])).stdout).toContain(`-d ${closed.prefix}.11/32 -p tcp`);
    await removeRules(options, bridge);
    expect((await run('iptables', ['-S'])).stdout).not.toContain(`VCP-${bridge}`);
    expect(await docker.listContainers({ all: true, filters: { label: ['vcp.helper'] } })).toEqual([]);
  });
});

describe('quota and health', () => {
  it('counts what nodes were promised and says what this computer has', async () => {
    const place = await makeNetwork();
    const before = await provider.quota('one');
    await provider.createNode(nodeRequest(place, 11, { cpu: 0.5, memoryGiB: 0.5 }), context());
    const after = await provider.quota('one');
    const used = (lines: typeof before, resource: string): number => lines.find(line => line.resource === resource)!.used;
    expect(used(after, 'nodes') - used(before, 'nodes')).toBe(1);
    expect(used(after, 'cpu') - used(before, 'cpu')).toBeCloseTo(0.5);
    expect(used(after, 'memoryGiB') - used(before, 'memoryGiB')).toBeCloseTo(0.5);
    expect(after.find(line => line.resource === 'cpu')).toMatchObject({ limit: null, note: expect.stringMatching(/this computer has \d+/) });
  });

  it('says what is wrong where no engine answers, and never throws', async () => {
    expect(await provider.health()).toEqual({ available: true });
    const absent = cloud.providerFor({ DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    expect(await absent.health()).toEqual({ available: false, reason: expect.stringContaining('not there'), hint: expect.stringContaining('apt-get install docker.io') });
    const far = cloud.providerFor({ DOCKER_HOST: 'tcp://192.0.2.9:2375' });
    expect(await far.health()).toMatchObject({ available: false, reason: expect.stringContaining('not on this computer') });
    expect(far.classify(await absent.inventory('x', context()).catch((error: unknown) => error))).toMatchObject({ error: { code: 'provider_unavailable' }, retryable: true });
  });
});
