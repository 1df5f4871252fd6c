/** Writes the bundled declarations that cells are checked against below `outDir`; with `sdkTypesDir` also the SDK's. */
export function bundleTypeLibraries(outDir: string, sdkTypesDir?: string): void;
