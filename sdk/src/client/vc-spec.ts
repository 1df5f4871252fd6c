import { VcpError, nearest, type Flavor, type Price, type ProviderView, type Size } from '../wire/index.js';
import type { SdkContext } from './sdk-context.js';

/** What a node of a unit shall be: a provider, a flavor (or a portable size), and the provider's own overrides. */
export interface VcSpec {
  readonly provider: string;
  readonly region?: string | undefined;
  readonly flavor: Flavor;
  readonly override?: Readonly<Record<string, unknown>> | undefined;
  /** Known for named flavors, before overrides. */
  readonly size?: Size | undefined;
  readonly price?: Price | undefined;
}

export class SpecFinder {
  readonly #context: SdkContext;

  constructor(context: SdkContext) {
    this.#context = context;
  }

  /**
   * Looks a spec up in the catalog.
   * @param override keys of the provider's own schema; `region` may stand among them
   * @throws VcpError not_found (provider), invalid_request (flavor, region, unknown key), each with the nearest known.
   */
  async find(provider: string, flavor: string | Exclude<Flavor, string>, override: Readonly<Record<string, unknown>> = {}): Promise<VcSpec> {
    const view = await this.#context.client.getProvider(provider, this.#context.call());
    const { region, ...own } = override;
    if (region !== undefined && !view.regions.some(known => known.name === region)) throw unknown('region', String(region), view, view.regions.map(known => known.name));
    const properties = view.specSchema['properties'];
    if (typeof properties === 'object' && properties !== null && view.specSchema['additionalProperties'] === false) {
      const strange = Object.keys(own).find(key => !(key in properties));
      if (strange !== undefined) throw unknown('key', strange, view, Object.keys(properties));
    }
    const named = typeof flavor === 'string' ? view.flavors.find(known => known.name === flavor) : undefined;
    if (typeof flavor === 'string' && named === undefined) throw unknown('flavor', flavor, view, view.flavors.map(known => known.name));
    return {
      provider: view.name, flavor: flavor as Flavor, ...(region === undefined ? {} : { region: String(region) }),
      ...(Object.keys(own).length === 0 ? {} : { override: own }), ...(named === undefined ? {} : { size: named.size, price: named.price })
    };
  }

  /** Providers of the catalog. */
  providers(): Promise<readonly ProviderView[]> {
    return this.#context.client.listProviders(this.#context.call());
  }
}

function unknown(what: string, value: string, provider: ProviderView, known: readonly string[]): VcpError {
  const near = nearest(value, known);
  return new VcpError('invalid_request', `“${value}” is not a ${what} of ${provider.title}.`, { hint: near === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean “${near}”?` });
}
