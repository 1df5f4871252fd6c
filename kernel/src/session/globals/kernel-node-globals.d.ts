/** Is aborted when the running cell is interrupted: pass it to whatever should stop then. */
declare function cellSignal(): AbortSignal;

declare module 'tslab' {
  interface Versions {
    tslab: string;
    typescript: string;
    node: string;
  }
  export interface Display {
    javascript(s: string): void;
    html(s: string): void;
    markdown(s: string): void;
    latex(s: string): void;
    svg(s: string): void;
    png(b: Uint8Array): void;
    jpeg(b: Uint8Array): void;
    gif(b: Uint8Array): void;
    pdf(b: Uint8Array): void;
    text(s: string): void;
    raw(contentType: string, b: string | Uint8Array): void;
  }
  /** The versions of tslab and of what it uses. */
  export const versions: Versions;
  /** A display whose outputs replace each other. */
  export function newDisplay(): Display;
  /** Shows rich contents below the cell. */
  export const display: Display;
}
