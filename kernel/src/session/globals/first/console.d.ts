// What the first cells of a notebook are checked against while the declarations of Node are still being read: signatures
// that are the same there. A cell that uses anything else waits for the whole.
interface Console {
  debug(message?: unknown, ...optionalParams: unknown[]): void;
  error(message?: unknown, ...optionalParams: unknown[]): void;
  info(message?: unknown, ...optionalParams: unknown[]): void;
  log(message?: unknown, ...optionalParams: unknown[]): void;
  table(tabularData: unknown, properties?: readonly string[]): void;
  warn(message?: unknown, ...optionalParams: unknown[]): void;
}
declare const console: Console;
