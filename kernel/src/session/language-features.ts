import { join } from 'node:path';
import type TS from 'typescript';
import type { CellCompiler } from './cell-compiler.js';
import type { Completion, CursorRequest, Inspection } from './session.js';
import { ts } from './typescript.js';

const MAX_COMPLETIONS = 300;

/** Completion and hover, over the same trees as the compiler. */
export class LanguageFeatures {
  readonly #compiler: CellCompiler;
  readonly #fileName: string;
  readonly #service: TS.LanguageService;

  constructor(compiler: CellCompiler, cwd: string) {
    this.#compiler = compiler;
    this.#fileName = join(cwd, '__vcp_query.ts');
    const rootNames = (): string[] => [...compiler.environment, this.#fileName];
    this.#service = ts.createLanguageService(compiler.files.languageServiceHost(rootNames), compiler.files.documentRegistry());
  }

  complete({ code, offset }: CursorRequest): Completion {
    const word = /[\p{L}\p{N}$_]*$/u.exec(code.slice(0, offset))?.[0] ?? '';
    this.#write(code, this.#compiler.names.startingWith(word).slice(-MAX_COMPLETIONS));
    const info = this.#service.getCompletionsAtPosition(this.#fileName, offset, {
      includeCompletionsForModuleExports: false,
      includeCompletionsWithInsertText: false
    });
    const span = info?.optionalReplacementSpan;
    const start = span && span.start <= offset ? span.start : offset - word.length;
    const prefix = code.slice(start, offset).toLowerCase();
    const entries = (info?.entries ?? [])
      .filter(({ name, kind }) => name.toLowerCase().startsWith(prefix) && !name.startsWith('__vcp') && kind !== ts.ScriptElementKind.warning)
      .sort((a, b) => (a.sortText < b.sortText ? -1 : a.sortText > b.sortText ? 1 : 0))
      .slice(0, MAX_COMPLETIONS);
    return { start, end: offset, items: entries.map(({ name, kind }) => ({ text: name, kind })) };
  }

  inspect({ code, offset }: CursorRequest): Inspection | undefined {
    this.#write(code, []);
    // A front end asks at the end of a word as often as inside it.
    for (const at of [offset, offset - 1]) {
      const info = at < 0 ? undefined : this.#service.getQuickInfoAtPosition(this.#fileName, at);
      if (info) return describe(info);
    }
    return undefined;
  }

  dispose(): void {
    this.#service.dispose();
  }

  #write(code: string, offered: readonly string[]): void {
    this.#compiler.files.write(this.#fileName, this.#compiler.names.prepare(code, offered).text);
  }
}

function describe(info: TS.QuickInfo): Inspection {
  const signature = ts.displayPartsToString(info.displayParts).replace(/import\("[^"]*__vcp_c\d+"\)\.|\b__vcp_c\d+\./g, '');
  const documentation = ts.displayPartsToString(info.documentation);
  const tags = (info.tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`.trim());
  const notes = [documentation, tags.join('\n')].filter((part) => part !== '');
  return {
    text: [signature, ...notes].join('\n\n'),
    markdown: [`\`\`\`typescript\n${signature}\n\`\`\``, ...notes].join('\n\n')
  };
}
