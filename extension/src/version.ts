/** Version of the page's half. `translations.mjs --check` keeps it equal to package.json. */
export const VERSION = '0.1.0';
