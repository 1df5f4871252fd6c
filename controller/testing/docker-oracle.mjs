#!/usr/bin/env node
// Asks the Docker engine itself what exists of an installation. It shares no code with the controller, so that a mistake
// there cannot hide here.
//   node controller/testing/docker-oracle.mjs INSTALLATION [--expect-none]
// Prints JSON: {installation, containers, networks, volumes, rules, duplicates}. Exit code 0; 1 with --expect-none when anything
// is left or when two containers are the same node; 2 when the engine cannot be asked.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { request } from 'node:http';

const args = process.argv.slice(2);
const installation = args.find(arg => !arg.startsWith('--'));
const expectNone = args.includes('--expect-none');
if (installation === undefined || args.some(arg => arg.startsWith('--') && arg !== '--expect-none')) {
  console.error('usage: docker-oracle.mjs INSTALLATION [--expect-none]');
  process.exit(2);
}

const socketPath = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');

function ask(path) {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, timeout: 10_000 }, answer => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', piece => { text += piece; });
      answer.on('end', () => (answer.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${path}: ${answer.statusCode} ${text}`))));
    });
    call.on('timeout', () => call.destroy(new Error('the engine does not answer')));
    call.on('error', reject);
    call.end();
  });
}

// By name as well as by label: a resource that lost its labels is still one of ours.
const label = resource => resource.Labels?.['vcp.installation'];
const ours = (resource, name) => label(resource) === installation || name.startsWith(`vcp-${installation}.`);
const ids = resource => Object.fromEntries(['vc-id', 'network-id', 'node-id', 'operation'].flatMap(key => (resource.Labels?.[`vcp.${key}`] === undefined ? [] : [[key, resource.Labels[`vcp.${key}`]]])));

/** Chains of the packet filter that belong to the networks found; undefined where this user may not look. */
function filterRules(networks) {
  try {
    const chains = execFileSync('iptables', ['-w', '10', '-S'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n');
    const bridges = new Set(networks.map(network => `vcp-${createHash('sha256').update(`${installation}.${network['network-id']}`).digest('hex').slice(0, 11)}`));
    return chains.filter(line => line.startsWith('-N VCP-') && bridges.has(line.slice('-N VCP-'.length)));
  } catch {
    return undefined;
  }
}

try {
  const [containers, networks, volumes] = await Promise.all([ask('/containers/json?all=1'), ask('/networks'), ask('/volumes')]);
  const found = {
    installation,
    containers: containers.map(item => ({ name: item.Names[0].slice(1), id: item.Id, state: item.State, item })).filter(({ item, name }) => ours(item, name)).map(({ item, ...rest }) => ({ ...rest, address: Object.values(item.NetworkSettings?.Networks ?? {})[0]?.IPAMConfig?.IPv4Address, ...ids(item) })),
    networks: networks.filter(item => ours(item, item.Name)).map(item => ({ name: item.Name, id: item.Id, cidr: item.IPAM?.Config?.[0]?.Subnet, ...ids(item) })),
    volumes: (volumes.Volumes ?? []).filter(item => ours(item, item.Name)).map(item => ({ name: item.Name, ...ids(item) }))
  };
  const rules = filterRules(found.networks);
  const nodes = found.containers.map(container => container['node-id']).filter(node => node !== undefined);
  const duplicates = [...new Set(nodes.filter((node, index) => nodes.indexOf(node) !== index))];
  console.log(JSON.stringify({ ...found, ...(rules === undefined ? {} : { rules }), duplicates }, undefined, 2));
  const left = found.containers.length + found.networks.length + found.volumes.length;
  process.exitCode = expectNone && (left > 0 || duplicates.length > 0) ? 1 : 0;
} catch (error) {
  console.error(`docker-oracle: ${error.message}`);
  process.exitCode = 2;
}
