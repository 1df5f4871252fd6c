/** A virtual cloud: `new VcpSDK()` is the one in use, `new VcpSDK(undefined, "genome")` the one of that name. */
declare const VcpSDK: typeof import('@jupyterlab-vcp/sdk').VcpSDK;
type VcpSDK = import('@jupyterlab-vcp/sdk').VcpSDK;

/** The virtual cloud in use: the last one applied, or chosen with `%vc use NAME`. */
declare const vc: VcpSDK;
