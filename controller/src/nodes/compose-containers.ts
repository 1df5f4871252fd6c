import { createHash } from 'node:crypto';
import { APP_NAME_PATTERN, canonicalJson, type ComposeDocument, type ComposeService } from '@jupyterlab-vcp/sdk/wire';
import { parseBytes, parsePort, parseSeconds, refuse, splitWords, undollar, variables } from './compose-values.js';

export const APP_LABEL = 'vcp.app';
export const SERVICE_LABEL = 'vcp.service';
export const CONFIG_LABEL = 'vcp.config';

/** What the Docker API takes at /containers/create; the parts that we use. */
export interface ContainerBody {
  readonly Image: string;
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env: readonly string[];
  readonly Hostname?: string;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Tty?: boolean;
  readonly Labels: Readonly<Record<string, string>>;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly StopTimeout?: number;
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly NetworkingConfig?: { readonly EndpointsConfig: Readonly<Record<string, { readonly Aliases: readonly string[] }>> };
}

export interface WantedContainer {
  readonly service: string;
  /** `<app>-<service>`. */
  readonly name: string;
  readonly body: ContainerBody;
}

export interface WantedApp {
  /** In the order of `depends_on`: what is needed comes first. */
  readonly containers: readonly WantedContainer[];
  readonly volumes: readonly string[];
  /** The application's own network, in which services find each other by name; undefined when none uses it. */
  readonly network: string | undefined;
}

/**
 * Translates the supported part of a compose document into what the Docker API takes. Pure.
 * As Compose does it: services share the network `<app>_default` unless they say `network_mode`, volumes are `<app>_<name>`.
 * @throws invalid_request naming service and key.
 */
export function wantedApp(app: string, document: ComposeDocument): WantedApp {
  checkAppName(app);
  const network = `${app}_default`;
  const names = startOrder(document);
  const declared = Object.keys(document.volumes ?? {});
  const containers = names.map(name => {
    const service = document.services[name] as ComposeService;
    return container(app, name, undollar({ ...service }, name), declared);
  });
  return {
    containers,
    volumes: declared.map(name => `${app}_${name}`),
    network: containers.some(wanted => wanted.body.NetworkingConfig !== undefined) ? network : undefined
  };
}

/** @throws invalid_request. */
export function checkAppName(app: string): void {
  if (!APP_NAME_PATTERN.test(app)) refuse('app', `${JSON.stringify(app)} is no name of an application`, 'Use a lower-case letter, then lower-case letters, digits, "_" or "-".');
}

/** Covers everything that a container was made from; `imageId` because a tag can move. */
export function configDigest(body: ContainerBody, imageId: string): string {
  return createHash('sha256').update(canonicalJson({ body, imageId })).digest('hex').slice(0, 32);
}

function container(app: string, name: string, service: ComposeService, declared: readonly string[]): WantedContainer {
  const at = (key: string): string => `${name}.${key}`;
  const ports = (service.ports ?? []).map(port => parsePort(port, at('ports')));
  const mounts = (service.volumes ?? []).map(volume => mount(app, volume, declared, at('volumes')));
  const own = service.network_mode === undefined;
  const labels = Object.fromEntries(variables(service.labels, at('labels')).map(text => splitOnce(text)));
  for (const label of Object.keys(labels)) if (label.startsWith('vcp.')) refuse(at('labels'), `${label} is kept for the virtual cloud itself`);
  const body: ContainerBody = {
    Image: service.image,
    ...(service.command === undefined ? {} : { Cmd: words(service.command, at('command')) }),
    ...(service.entrypoint === undefined ? {} : { Entrypoint: words(service.entrypoint, at('entrypoint')) }),
    Env: variables(service.environment, at('environment')),
    ...(service.hostname === undefined ? {} : { Hostname: service.hostname }),
    ...(service.user === undefined ? {} : { User: String(service.user) }),
    ...(service.working_dir === undefined ? {} : { WorkingDir: service.working_dir }),
    ...(service.tty === undefined ? {} : { Tty: service.tty }),
    ...(service.stop_grace_period === undefined ? {} : { StopTimeout: parseSeconds(service.stop_grace_period, at('stop_grace_period')) }),
    Labels: { ...labels, [APP_LABEL]: app, [SERVICE_LABEL]: name },
    ExposedPorts: Object.fromEntries(ports.map(port => [port.containerPort, {}])),
    Volumes: Object.fromEntries(mounts.filter(volume => volume.bind === undefined).map(volume => [volume.target, {}])),
    HostConfig: {
      ...hostConfig(service, at),
      Binds: mounts.flatMap(volume => volume.bind ?? []),
      PortBindings: portBindings(ports),
      NetworkMode: own ? `${app}_default` : service.network_mode === 'bridge' ? 'bridge' : service.network_mode
    },
    ...(own ? { NetworkingConfig: { EndpointsConfig: { [`${app}_default`]: { Aliases: [name] } } } } : {})
  };
  return { service: name, name: `${app}-${name}`, body };
}

function hostConfig(service: ComposeService, at: (key: string) => string): Readonly<Record<string, unknown>> {
  return {
    RestartPolicy: { Name: service.restart ?? 'no' },
    ...(service.extra_hosts === undefined ? {} : { ExtraHosts: service.extra_hosts.map(host => extraHost(host, at('extra_hosts'))) }),
    ...(service.cap_add === undefined ? {} : { CapAdd: service.cap_add }),
    ...(service.privileged === undefined ? {} : { Privileged: service.privileged }),
    ...(service.devices === undefined ? {} : { Devices: service.devices.map(device => deviceOf(device, at('devices'))) }),
    ...(service.tmpfs === undefined ? {} : { Tmpfs: Object.fromEntries([service.tmpfs].flat().map(text => splitOnce(text, ':'))) }),
    ...(service.shm_size === undefined ? {} : { ShmSize: parseBytes(service.shm_size, at('shm_size')) }),
    ...(service.mem_limit === undefined ? {} : { Memory: parseBytes(service.mem_limit, at('mem_limit')) }),
    ...(service.cpus === undefined ? {} : { NanoCpus: Math.round(service.cpus * 1e9) }),
    ...(service.init === undefined ? {} : { Init: service.init })
  };
}

function portBindings(ports: readonly ReturnType<typeof parsePort>[]): Readonly<Record<string, readonly object[]>> {
  const bindings: Record<string, object[]> = {};
  for (const port of ports) (bindings[port.containerPort] ??= []).push({ HostIp: port.hostIp, HostPort: port.hostPort });
  return bindings;
}

function words(value: string | readonly string[], place: string): readonly string[] {
  return typeof value === 'string' ? splitWords(value, place) : value;
}

function mount(app: string, text: string, declared: readonly string[], place: string): { readonly target: string; readonly bind?: string } {
  const [first = '', second, mode, ...rest] = text.split(':');
  if (rest.length > 0 || (mode !== undefined && !/^(ro|rw)$/.test(mode))) refuse(place, `${JSON.stringify(text)} is no volume`, 'Write /on/node:/in/container or name:/in/container, and :ro after it for read-only.');
  const target = second ?? first;
  if (!target.startsWith('/')) refuse(place, `${JSON.stringify(target)} does not begin with "/"`);
  if (second === undefined) return { target };
  const suffix = mode === undefined ? '' : `:${mode}`;
  if (first.startsWith('/')) return { target, bind: `${first}:${target}${suffix}` };
  if (/^[.~]/.test(first)) refuse(place, `${first} is a folder beside the compose file, and that is not on the node`, 'Copy it to the node (`%vc cp`) and name its path there, or use a named volume.');
  if (!declared.includes(first)) refuse(place, `volume ${first} is not declared`, `Add "volumes: {${first}: {}}" at the top of the document.`);
  return { target, bind: `${app}_${first}:${target}${suffix}` };
}

function extraHost(text: string, place: string): string {
  const match = /^([^:=\s]+)[:=]\[?([0-9a-f.:]+|host-gateway)\]?$/i.exec(text);
  if (match === null) refuse(place, `${JSON.stringify(text)} is no host`, 'Write name:address.');
  return `${match[1]}:${match[2]}`;
}

function deviceOf(text: string, place: string): object {
  const [onHost = '', inContainer = onHost, permissions = 'rwm'] = text.split(':');
  if (!onHost.startsWith('/') || !/^[rwm]+$/.test(permissions)) refuse(place, `${JSON.stringify(text)} is no device`, 'Write /dev/x, /dev/x:/dev/y or /dev/x:/dev/y:rwm.');
  return { PathOnHost: onHost, PathInContainer: inContainer, CgroupPermissions: permissions };
}

function splitOnce(text: string, by = '='): readonly [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Services with what they depend on before them; otherwise as they stand in the document. */
function startOrder(document: ComposeDocument): readonly string[] {
  const ordered: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) refuse(`${name}.depends_on`, `is a circle: ${[...path.slice(path.indexOf(name)), name].join(' → ')}`);
    if (ordered.includes(name)) return;
    for (const needed of document.services[name]?.depends_on ?? []) {
      if (document.services[needed] === undefined) refuse(`${name}.depends_on`, `there is no service ${needed}`, `Services: ${Object.keys(document.services).join(', ')}.`);
      visit(needed, [...path, name]);
    }
    ordered.push(name);
  };
  for (const name of Object.keys(document.services)) visit(name, []);
  return ordered;
}
