import { PROTOCOL_VERSION, type Json } from './message.js';

const TYPESCRIPT_VERSION = '6.0';

/** Content of `kernel_info_reply`. */
export function kernelInfo(version: string): Json {
  return {
    status: 'ok',
    protocol_version: PROTOCOL_VERSION,
    implementation: 'vcp',
    implementation_version: version,
    banner: `Virtual Cloud (TypeScript) ${version}. %lsmagic lists the magics.`,
    language_info: {
      name: 'typescript',
      version: TYPESCRIPT_VERSION,
      mimetype: 'text/typescript',
      file_extension: '.ts',
      pygments_lexer: 'typescript',
      codemirror_mode: { mode: 'typescript', name: 'javascript', typescript: true },
      nbconvert_exporter: 'script'
    },
    debugger: false,
    supported_features: [],
    help_links: [{ text: 'TypeScript handbook', url: 'https://www.typescriptlang.org/docs/handbook/intro.html' }]
  };
}
