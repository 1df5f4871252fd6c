/** Version of the whole product: all of its packages are released together. A test compares it with package.json. */
export const PRODUCT_VERSION = '0.1.0';
