import type { VcDocument } from './config.js';

/** A place of a document where a file is named instead of its content. */
export interface FileReference {
  readonly path: readonly (string | number)[];
  readonly kind: 'compose' | 'script';
  /** As written in the document, relative to the document's own folder. */
  readonly file: string;
}

/** A hook is a script; one line that begins with `./`, `../` or `~/` and has no spaces names the file that holds it. */
export function isScriptFile(text: string): boolean {
  return /^(?:\.{1,2}|~)\/\S+$/.test(text.trim());
}

/**
 * The files that a document names (`apps:`, `onJoin:`, `onLeave:`). A file's reader puts their content in place;
 * over REST, where there is no folder that they could be relative to, they are refused.
 */
export function fileReferences(document: VcDocument): readonly FileReference[] {
  return document.units.flatMap((unit, index) => [
    ...Object.entries(unit.apps ?? {}).flatMap(([app, value]): FileReference[] => (typeof value === 'string' ? [{ path: ['units', index, 'apps', app], kind: 'compose', file: value }] : [])),
    ...(['onJoin', 'onLeave'] as const).flatMap((hook): FileReference[] => {
      const text = unit[hook];
      return text !== undefined && isScriptFile(text) ? [{ path: ['units', index, hook], kind: 'script', file: text.trim() }] : [];
    })
  ]);
}
