import { UsageError } from './usage-error.js';

/** Splits the arguments of a magic as a shell would: blanks separate, quotes and backslashes keep together. */
export function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && '"\\'.includes(text[i + 1] ?? ' ')) word += text[++i] ?? '';
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '\\' && i + 1 < text.length) {
      word = (word ?? '') + (text[++i] ?? '');
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') throw new UsageError(`The quote ${quote} is opened and never closed: ${text}`);
  if (word !== undefined) words.push(word);
  return words;
}
