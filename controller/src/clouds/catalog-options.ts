/** What the clouds room needs to know from outside. */
export interface CatalogOptions {
  /** Folder of the providers' YAML files. */
  readonly catalogFolder: string;
  /** Folder with the recipe of the base container (`images/base`). */
  readonly baseRecipeFolder: string;
  /** Folder for temporary files that a killed controller may leave behind; cleared when used again. */
  readonly workFolder: string;
  /** Of the environment, `DOCKER_HOST` and the proxy variables are looked at. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}
