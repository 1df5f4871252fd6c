import { join } from 'node:path';
import { VcpError, type Size } from '@jupyterlab-vcp/sdk/wire';
import type Docker from 'dockerode';
import type { z } from 'zod';
import type {
  Capabilities, CloudContext, CloudProvider, CreatedNode, InventoryItem, NetworkRequest, NodeRequest, Ownership
} from '../../../domain/index.js';
import { FREE } from '../../../domain/index.js';
import type { CatalogOptions } from '../../catalog-options.js';
import { checkOverride, overrideSchema } from '../../override-schema.js';
import type { ProviderFile } from '../../provider-file.js';
import { flavorFor, flavorsOf, namedFlavor, sizeName, type CatalogFlavor } from '../../resolve-flavor.js';
import { BaseImage } from './base-image.js';
import { readBaseRecipe, type BaseRecipe } from './base-recipe.js';
import { dockerClient, engineAddress } from './docker-client.js';
import { classifyDockerError, isImageMissing } from './docker-errors.js';
import { engineFacts, EngineHealth, type EngineFacts, type Health } from './engine-health.js';
import { closeUnlessSet, openForGateway, removeRules, type FirewallOptions } from './gateway-firewall.js';
import { listInventory } from './inventory.js';
import { ensureNodeContainer, removeNode } from './node-container.js';
import { LABELS } from './owner-names.js';
import { ensureRegionNetwork, findRegionNetwork, removeRegionNetwork } from './region-network.js';

const GIB = 1_073_741_824;
/** Below that the engine in a node does not start. */
const SMALLEST_MEMORY_GIB = 0.25;

const CAPABILITIES: Capabilities = {
  fixedAddress: { supported: true },
  power: { supported: false, reason: 'Stopping and starting nodes is not available for this provider.' },
  disks: { supported: false, reason: 'Disks that outlive nodes are not available for this provider.' },
  tags: { supported: true },
  gpu: { supported: false, reason: 'Containers on this computer get no GPU.' },
  diskSize: { supported: false, reason: 'Nodes share the disk of the Docker engine; a size that is asked for is not enforced.' },
  tagAtCreate: { network: true, node: true, volume: true, image: true },
  consistencyWindowMs: 0
};

/** *This computer (containers)*: nodes are containers of the Docker engine of this computer. */
export function createLocalProvider(file: ProviderFile, options: CatalogOptions): CloudProvider {
  return new LocalProvider(file, options);
}

class LocalProvider implements CloudProvider {
  readonly name: string;
  readonly title: string;
  readonly api: string;
  readonly notice: string | undefined;
  readonly regions: CloudProvider['regions'];
  readonly flavors: readonly CatalogFlavor[];
  readonly capabilities = CAPABILITIES;
  readonly specSchema: Readonly<Record<string, unknown>>;

  readonly #options: CatalogOptions;
  readonly #overrides: z.ZodType;
  readonly #health: EngineHealth;
  readonly #image: BaseImage;
  #docker: Docker | undefined;
  #recipe: BaseRecipe | undefined;
  #facts: Promise<EngineFacts> | undefined;

  constructor(file: ProviderFile, options: CatalogOptions) {
    this.name = file.name;
    this.title = file.title;
    this.api = file.api;
    this.notice = file.notice;
    this.regions = file.regions;
    this.flavors = flavorsOf(file);
    this.specSchema = file.specSchema;
    this.#options = options;
    this.#overrides = overrideSchema(file.specSchema);
    const docker = (): Docker => this.#engine();
    this.#health = new EngineHealth(docker, () => performance.now());
    this.#image = new BaseImage({ docker, recipe: () => this.#baseRecipe(), workFolder: join(options.workFolder, 'base-image'), environment: options.environment });
  }

  health(): Promise<Health> {
    return this.#health.check();
  }

  resolve(flavor: string | Partial<Size>, override: Readonly<Record<string, unknown>>): ReturnType<CloudProvider['resolve']> {
    checkOverride(this.name, this.specSchema, this.#overrides, override);
    const named = typeof flavor === 'string' ? namedFlavor(this.name, this.flavors, flavor) : undefined;
    const wish = typeof flavor === 'string' ? {} : flavor;
    if ((wish.gpu ?? 0) > 0) throw new VcpError('not_supported', `Provider ${this.name} gives its nodes no GPU.`, { hint: 'Leave gpu out, or choose another provider.' });
    const base = named ?? flavorFor(this.flavors, wish);
    const all = { ...base.override, ...override };
    const size: Size = {
      cpu: numberOf(all['cpu']) ?? wish.cpu ?? base.size.cpu,
      memoryGiB: numberOf(all['memoryGiB']) ?? wish.memoryGiB ?? base.size.memoryGiB,
      gpu: 0,
      // Not enforced, so not promised.
      diskGiB: null
    };
    if (size.memoryGiB < SMALLEST_MEMORY_GIB) throw new VcpError('invalid_request', `A node on provider ${this.name} needs at least ${SMALLEST_MEMORY_GIB} GiB of memory, not ${size.memoryGiB}.`, { hint: `Set memoryGiB to ${SMALLEST_MEMORY_GIB} or more.` });
    return { flavor: named?.name ?? sizeName(size), size, override: all, price: named?.price ?? { ...FREE, note: base.price.note } };
  }

  async quota(_region: string): Promise<Awaited<ReturnType<CloudProvider['quota']>>> {
    const docker = this.#engine();
    const [facts, nodes] = await Promise.all([this.#engineFacts(), docker.listContainers({ filters: { label: [LABELS.nodeId] } })]);
    const limits = await Promise.all(nodes.map(node => docker.getContainer(node.Id).inspect().then(found => found.HostConfig, () => undefined)));
    const sum = (value: (host: Docker.HostConfig) => number): number => Math.round(limits.reduce((total, host) => total + (host === undefined ? 0 : value(host)), 0) * 100) / 100;
    const memoryGiB = Math.round((facts.memoryBytes / GIB) * 10) / 10;
    // No limit: nodes may be promised more than there is, they then share it. The note says what there is.
    return [
      { resource: 'nodes', limit: null, used: nodes.length },
      { resource: 'cpu', limit: null, used: sum(host => (host.NanoCpus ?? 0) / 1e9), note: `this computer has ${facts.processors}; nodes share them` },
      { resource: 'memoryGiB', limit: null, used: sum(host => (host.Memory ?? 0) / GIB), note: `this computer has ${memoryGiB}; nodes share it` }
    ];
  }

  async prepare(context: CloudContext): Promise<void> {
    await this.#image.ensure(context);
  }

  async ensureNetwork(request: NetworkRequest, context: CloudContext): Promise<{ readonly cloudId: string }> {
    context.signal.throwIfAborted();
    const network = await ensureRegionNetwork(this.#engine(), request);
    if (this.#reach(request.region) === 'gateway') await closeUnlessSet(await this.#firewall(context), network.bridge);
    return { cloudId: network.id };
  }

  async setGateway(networkCloudId: string, gateway: { readonly address: string } | undefined, context: CloudContext): Promise<void> {
    context.signal.throwIfAborted();
    const network = await findRegionNetwork(this.#engine(), networkCloudId);
    if (network === undefined) {
      if (gateway === undefined) return;
      throw new VcpError('not_found', `The network of gateway ${gateway.address} does not exist on the Docker engine.`, { hint: 'Apply the virtual cloud again.' });
    }
    if (this.#reach(network.region) === 'gateway') await openForGateway(await this.#firewall(context), network.bridge, gateway?.address);
  }

  async deleteNetwork(cloudId: string, context: CloudContext): Promise<void> {
    context.signal.throwIfAborted();
    const docker = this.#engine();
    const network = await findRegionNetwork(docker, cloudId);
    if (network !== undefined) await removeRegionNetwork(docker, network.id);
    // After the network: rules for an interface that is gone do no harm, a network without rules is open.
    if (network === undefined || this.#reach(network.region) === 'gateway') await removeRules(await this.#firewall(context), network?.bridge);
  }

  async createNode(request: NodeRequest, context: CloudContext): Promise<CreatedNode> {
    context.signal.throwIfAborted();
    const docker = this.#engine();
    const [facts, network] = await Promise.all([this.#engineFacts(), findRegionNetwork(docker, request.networkCloudId)]);
    if (network === undefined) throw new VcpError('not_found', `The network of node ${request.nodeName} does not exist on the Docker engine.`, { hint: 'Apply the virtual cloud again.' });
    const create = (): Promise<CreatedNode> => ensureNodeContainer({ docker, image: this.#baseRecipe().image, processors: facts.processors, networkName: network.name, networkCidr: network.cidr }, request, context.signal);
    try {
      return await create();
    } catch (error) {
      // Somebody has tidied up since prepare().
      if (!isImageMissing(error)) throw error;
      await this.#image.ensure(context);
      return create();
    }
  }

  async deleteNode(ownership: Ownership, context: CloudContext): Promise<void> {
    context.signal.throwIfAborted();
    await removeNode(this.#engine(), ownership);
  }

  inventory(installation: string, context: CloudContext): Promise<readonly InventoryItem[]> {
    return listInventory(this.#engine(), installation, context.signal);
  }

  classify(error: unknown): { readonly error: VcpError; readonly retryable: boolean } {
    return classifyDockerError(error);
  }

  #reach(region: string): 'direct' | 'gateway' {
    return this.regions.find(candidate => candidate.name === region)?.reach ?? 'direct';
  }

  /** Where the engine is gone or DOCKER_HOST is wrong, this is said at the first use, not when the controller starts. */
  #engine(): Docker {
    return (this.#docker ??= dockerClient(engineAddress(this.#options.environment['DOCKER_HOST'])));
  }

  #baseRecipe(): BaseRecipe {
    return (this.#recipe ??= readBaseRecipe(this.#options.baseRecipeFolder));
  }

  #engineFacts(): Promise<EngineFacts> {
    this.#facts ??= engineFacts(this.#engine()).catch((error: unknown) => { this.#facts = undefined; throw error; });
    return this.#facts;
  }

  /** The helper that sets the rules where this process may not is started from the base image. */
  async #firewall(context: CloudContext): Promise<FirewallOptions> {
    const asRoot = process.getuid?.() === 0;
    if (!asRoot) await this.#image.ensure(context);
    return { docker: this.#engine(), image: this.#baseRecipe().image, asRoot };
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
