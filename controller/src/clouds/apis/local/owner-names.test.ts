import { assert, option, property, record, string, stringMatching } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bridgeName, decodeName, decodeOwner, encodeOwner, ownerLabels, sameOwner } from './owner-names.js';

const id = stringMatching(/^[a-z0-9][a-z0-9-]{0,35}$/);
const owner = record({ installation: id, vcId: id, networkId: id, nodeId: option(id, { nil: undefined }), operation: id });

describe('owner in names', () => {
  it('comes back from the name as it went in, but for the operation', () => {
    assert(property(owner, given => {
      const lasting = { installation: given.installation, vcId: given.vcId, networkId: given.networkId, ...(given.nodeId === undefined ? {} : { nodeId: given.nodeId }) };
      expect(decodeName(encodeOwner(given))).toEqual(lasting);
      // As Docker lists containers.
      expect(decodeName(`/${encodeOwner(given)}`)).toEqual(decodeName(encodeOwner(given)));
    }));
  });

  it('makes names that Docker takes, different for different owners', () => {
    assert(property(owner, owner, (a, b) => {
      expect(encodeOwner(a)).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
      expect(encodeOwner(a) === encodeOwner(b)).toBe(sameOwner(a, b));
    }));
  });

  it('comes back from labels whole', () => {
    assert(property(owner, given => {
      expect(sameOwner(decodeOwner('some-name', ownerLabels(given)), given)).toBe(true);
      expect(decodeOwner(encodeOwner(given), ownerLabels(given))).toEqual(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
    }));
  });

  it('is not read into names of other people', () => {
    assert(property(string(), text => {
      const decoded = decodeName(text);
      if (decoded !== undefined) expect(text.replace(/^\//, '')).toBe(encodeOwner(decoded));
    }));
    for (const name of ['vcp-', 'vcp-a', 'vcp-a.b', 'vcp-a.b.c.d.e', 'vcp-A.b.c', 'other-a.b.c', 'vcp-a..c', 'bridge']) expect(decodeName(name)).toBeUndefined();
  });

  it('refuses an id that could be read as two', () => {
    expect(() => encodeOwner({ installation: 'a.b', vcId: 'v', networkId: 'n' })).toThrow('cannot be part');
    expect(() => encodeOwner({ installation: 'a', vcId: '', networkId: 'n' })).toThrow('cannot be part');
  });
});

describe('bridge name', () => {
  it('fits Linux and differs by network and by installation', () => {
    assert(property(id, id, id, (installation, first, second) => {
      const name = bridgeName({ installation, networkId: first });
      expect(name).toMatch(/^[a-z0-9-]{1,15}$/);
      expect(name === bridgeName({ installation, networkId: second })).toBe(first === second);
    }));
    expect(bridgeName({ installation: 'a', networkId: 'n' })).not.toBe(bridgeName({ installation: 'b', networkId: 'n' }));
  });
});
