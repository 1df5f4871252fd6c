#!/usr/bin/env node
// Asks the Docker engine itself what exists of an installation. It shares no code with the controller, so that a mistake
// there cannot hide here.
//   node controller/testing/docker-oracle.mjs INSTALLATION [--expect-none]
// Prints JSON: {installation, containers, networks, volumes, rules, strayRules, duplicates}. Exit code 0; 1 when something exists twice
// and, with --expect-none, when anything is left; 2 when the engine cannot be asked. `strayRules` are packet filter chains of networks that
// are gone: whose they were cannot be told any more, and another controller may just be removing them, so they are shown and not counted.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
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

/** Chains of the packet filter that belong to the networks found, and those of no network at all; nothing where this user may not look. */
function filterRules(networks) {
  try {
    const lines = execFileSync('iptables', ['-w', '10', '-S'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n');
    const chains = lines.map(line => /^-N (VCP-(vcp-[0-9a-f]+))$/.exec(line)).filter(match => match !== null).map(match => [match[1], match[2]]);
    const bridges = new Set(networks.map(network => network.bridge));
    return {
      rules: chains.filter(([, bridge]) => bridges.has(bridge)).map(([chain]) => chain),
      strayRules: chains.filter(([, bridge]) => !existsSync(`/sys/class/net/${bridge}`)).map(([chain]) => chain)
    };
  } catch {
    return {};
  }
}

const twice = values => [...new Set(values.filter((value, index) => value !== undefined && values.indexOf(value) !== index))];

try {
  const [containers, networks, volumes] = await Promise.all([ask('/containers/json?all=1'), ask('/networks'), ask('/volumes')]);
  const found = {
    installation,
    containers: containers.map(item => ({ name: (item.Names?.[0] ?? '/').slice(1), id: item.Id, state: item.State, item })).filter(({ item, name }) => ours(item, name)).map(({ item, ...rest }) => ({ ...rest, address: Object.values(item.NetworkSettings?.Networks ?? {})[0]?.IPAMConfig?.IPv4Address, ...ids(item) })),
    networks: networks.filter(item => ours(item, item.Name)).map(item => ({ name: item.Name, id: item.Id, cidr: item.IPAM?.Config?.[0]?.Subnet, bridge: item.Options?.['com.docker.network.bridge.name'], ...ids(item) })),
    volumes: (volumes.Volumes ?? []).filter(item => ours(item, item.Name)).map(item => ({ name: item.Name, ...ids(item) }))
  };
  const duplicates = [...twice(found.containers.map(item => item['node-id'])), ...twice(found.volumes.map(item => item['node-id'])), ...twice(found.networks.map(item => item['network-id']))];
  console.log(JSON.stringify({ ...found, ...filterRules(found.networks), duplicates }, undefined, 2));
  const left = found.containers.length + found.networks.length + found.volumes.length;
  process.exitCode = duplicates.length > 0 || (expectNone && left > 0) ? 1 : 0;
} catch (error) {
  console.error(`docker-oracle: ${error.message}`);
  process.exitCode = 2;
}
