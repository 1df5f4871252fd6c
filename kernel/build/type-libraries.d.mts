/** Writes the bundled declarations that cells are checked against below `outDir`. */
export function bundleTypeLibraries(outDir: string): void;
