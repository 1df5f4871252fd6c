import { composeSchema, VcpError, type ComposeDocument } from '@jupyterlab-vcp/sdk/wire';
import { describe, expect, it } from 'vitest';
import { configDigest, wantedApp, type ContainerBody } from './compose-containers.js';
import { parseBytes, parsePort, parseSeconds, splitWords } from './compose-values.js';

function compose(services: Record<string, object>, rest: object = {}): ComposeDocument {
  return composeSchema.parse({ services, ...rest });
}

function bodyOf(service: object, rest: object = {}): ContainerBody {
  const [first] = wantedApp('shop', compose({ web: { image: 'nginx:1', ...service } }, rest)).containers;
  if (first === undefined) throw new Error('no container');
  return first.body;
}

function refusal(act: () => unknown): VcpError {
  try {
    act();
  } catch (error) {
    if (error instanceof VcpError) return error;
  }
  throw new Error('was not refused');
}

describe('wantedApp', () => {
  it('names containers, volumes and the network after the application, as Compose does', () => {
    const app = wantedApp('shop', compose({ web: { image: 'nginx:1', volumes: ['data:/srv'] } }, { volumes: { data: null } }));
    expect(app).toMatchObject({ network: 'shop_default', volumes: ['shop_data'] });
    expect(app.containers[0]?.name).toBe('shop-web');
    expect(app.containers[0]?.body.NetworkingConfig).toEqual({ EndpointsConfig: { shop_default: { Aliases: ['web'] } } });
    expect(app.containers[0]?.body.HostConfig).toMatchObject({ Binds: ['shop_data:/srv'], NetworkMode: 'shop_default', RestartPolicy: { Name: 'no' } });
  });

  it('makes no network for services that say their own', () => {
    expect(wantedApp('shop', compose({ web: { image: 'a', network_mode: 'host' } })).network).toBeUndefined();
  });

  it('starts what is needed first', () => {
    const app = wantedApp('shop', compose({ web: { image: 'a', depends_on: ['api'] }, api: { image: 'a', depends_on: ['db'] }, db: { image: 'a' } }));
    expect(app.containers.map(container => container.service)).toEqual(['db', 'api', 'web']);
  });

  it('refuses a circle and an unknown service by name', () => {
    expect(refusal(() => wantedApp('shop', compose({ a: { image: 'x', depends_on: ['b'] }, b: { image: 'x', depends_on: ['a'] } }))).message).toContain('a → b → a');
    expect(refusal(() => wantedApp('shop', compose({ a: { image: 'x', depends_on: ['bb'] } }))).message).toBe('a.depends_on: there is no service bb');
  });

  it('takes environment in both forms', () => {
    expect(bodyOf({ environment: { A: 1, B: true, C: null, D: 'x=y' } }).Env).toEqual(['A=1', 'B=true', 'C', 'D=x=y']);
    expect(bodyOf({ environment: ['A=1', 'B', 'C=x=y'] }).Env).toEqual(['A=1', 'B', 'C=x=y']);
  });

  it('splits a command as a shell does and leaves a list alone', () => {
    expect(bodyOf({ command: `sh -c "echo 'a b' \\"q\\"" x\\ y ''` }).Cmd).toEqual(['sh', '-c', `echo 'a b' "q"`, 'x y', '']);
    expect(bodyOf({ command: ['sh', '-c', 'a b'] }).Cmd).toEqual(['sh', '-c', 'a b']);
  });

  it('takes $$ for a dollar and refuses variables of a machine that is not there', () => {
    expect(bodyOf({ command: ['sh', '-c', 'echo $$HOSTNAME $(date)'] }).Cmd).toEqual(['sh', '-c', 'echo $HOSTNAME $(date)']);
    const error = refusal(() => bodyOf({ environment: { A: '${SECRET}' } }));
    expect(error).toMatchObject({ code: 'invalid_request', hint: 'Write $${SECRET} for a variable inside the container.' });
    expect(error.message).toContain('web.environment.A');
  });

  it('translates limits, devices, hosts and the rest of the host side', () => {
    const body = bodyOf({
      mem_limit: '64m', cpus: 0.5, shm_size: '1.5g', devices: ['/dev/fuse', '/dev/a:/dev/b:r'], extra_hosts: ['db:10.0.0.1', 'x=host-gateway'], tmpfs: '/run:size=1m',
      privileged: true, cap_add: ['NET_ADMIN'], init: true, tty: true, user: 1000, working_dir: '/w', hostname: 'h', stop_grace_period: '1m30s', restart: 'always'
    });
    expect(body.HostConfig).toMatchObject({
      Memory: 64 * 1024 ** 2, NanoCpus: 5e8, ShmSize: 1.5 * 1024 ** 3, ExtraHosts: ['db:10.0.0.1', 'x:host-gateway'], Tmpfs: { '/run': 'size=1m' },
      Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' }, { PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'r' }],
      Privileged: true, CapAdd: ['NET_ADMIN'], Init: true, RestartPolicy: { Name: 'always' }
    });
    expect(body).toMatchObject({ Tty: true, User: '1000', WorkingDir: '/w', Hostname: 'h', StopTimeout: 90 });
  });

  it('publishes ports', () => {
    const body = bodyOf({ ports: [9000, '8080:80', '127.0.0.1:53:53/udp', '8081:80'] });
    expect(body.HostConfig['PortBindings']).toEqual({
      '9000/tcp': [{ HostIp: '', HostPort: '' }], '80/tcp': [{ HostIp: '', HostPort: '8080' }, { HostIp: '', HostPort: '8081' }], '53/udp': [{ HostIp: '127.0.0.1', HostPort: '53' }]
    });
    expect(Object.keys(body.ExposedPorts)).toEqual(['9000/tcp', '80/tcp', '53/udp']);
  });

  it.each([
    [{ volumes: ['./site:/srv'] }, 'web.volumes', /not on the node/],
    [{ volumes: ['data:/srv'] }, 'web.volumes', /data is not declared/],
    [{ volumes: ['/a:/b:zz'] }, 'web.volumes', /no volume/],
    [{ ports: ['3000-3005'] }, 'web.ports', /no port/],
    [{ ports: ['70000:80'] }, 'web.ports', /70000 does not exist/],
    [{ mem_limit: 'lots' }, 'web.mem_limit', /no size/],
    [{ command: 'sh -c "oops' }, 'web.command', /not closed/],
    [{ labels: ['vcp.app=x'] }, 'web.labels', /kept for/],
    [{ stop_grace_period: 'soon' }, 'web.stop_grace_period', /no duration/]
  ])('refuses %j naming the place', (service, place, message) => {
    const error = refusal(() => bodyOf(service));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toMatch(message);
    expect(error.at[0]?.path).toBe(place);
  });
});

describe('configDigest', () => {
  const body = wantedApp('shop', compose({ web: { image: 'a', environment: { A: 1 } } })).containers[0]!.body;
  it('stays while nothing changed', () => {
    expect(configDigest(structuredClone(body), 'sha256:1')).toBe(configDigest(body, 'sha256:1'));
  });
  it('changes with the document and when the tag moved to another image', () => {
    const other = wantedApp('shop', compose({ web: { image: 'a', environment: { A: 2 } } })).containers[0]!.body;
    expect(configDigest(other, 'sha256:1')).not.toBe(configDigest(body, 'sha256:1'));
    expect(configDigest(body, 'sha256:2')).not.toBe(configDigest(body, 'sha256:1'));
  });
});

describe('compose values', () => {
  it('reads sizes, durations and ports', () => {
    expect([parseBytes('1k', ''), parseBytes('2GB', ''), parseBytes(7, '')]).toEqual([1024, 2 * 1024 ** 3, 7]);
    expect([parseSeconds('10s', ''), parseSeconds('1h2m', ''), parseSeconds('1500ms', '')]).toEqual([10, 3720, 2]);
    expect(parsePort('[::1]:80:81/TCP', '')).toEqual({ hostIp: '::1', hostPort: '80', containerPort: '81/tcp' });
  });
  it('keeps a backslash inside single quotes', () => {
    expect(splitWords(String.raw`'a\b' "c\d" e\\f`, '')).toEqual(['a\\b', 'c\\d', 'e\\f']);
  });
});
