import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';

export interface MessageHeader {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
}

export type Json = Readonly<Record<string, unknown>>;

/** A message of a front end. */
export interface IncomingMessage {
  /** Routing frames, to be put before an answer. */
  readonly identities: readonly Buffer[];
  readonly header: MessageHeader;
  readonly metadata: Json;
  readonly content: Json;
}

/** A message of the kernel, before it is signed. */
export interface OutgoingMessage {
  readonly type: string;
  readonly content: Json;
  readonly metadata: Json;
}

/** 5.4 brought the control channel and `iopub_welcome`. */
export const PROTOCOL_VERSION = '5.4';

const DELIMITER = Buffer.from('<IDS|MSG>');

/** Puts messages of the Jupyter protocol on the wire and takes them off, signed with the key of the connection file. */
export class MessageCodec {
  readonly #key: string;
  readonly #session = randomUUID();

  constructor(key: string) {
    this.#key = key;
  }

  encode(identities: readonly (Buffer | string)[], message: OutgoingMessage, parent: MessageHeader | undefined): (Buffer | string)[] {
    const header: MessageHeader = {
      msg_id: randomUUID(),
      msg_type: message.type,
      username: 'kernel',
      session: this.#session,
      date: new Date().toISOString(),
      version: PROTOCOL_VERSION
    };
    const parts = [header, parent ?? {}, message.metadata, message.content].map((part) => JSON.stringify(part));
    return [...identities, DELIMITER, this.#sign(parts), ...parts];
  }

  /** Throws when the frames are no message or the signature is not ours. */
  decode(frames: readonly Buffer[]): IncomingMessage {
    const at = frames.findIndex((frame) => frame.equals(DELIMITER));
    if (at < 0 || frames.length < at + 6) throw new Error('a message without delimiter or with too few frames');
    const parts = frames.slice(at + 2, at + 6);
    const wanted = Buffer.from(this.#sign(parts));
    const given = frames[at + 1] ?? Buffer.alloc(0);
    if (this.#key !== '' && (wanted.length !== given.length || !timingSafeEqual(wanted, given))) throw new Error('a message with a wrong signature');
    const [header, , metadata, content] = parts.map((part) => JSON.parse(part.toString('utf8')) as Json);
    return { identities: frames.slice(0, at), header: header as unknown as MessageHeader, metadata: metadata ?? {}, content: content ?? {} };
  }

  #sign(parts: readonly (string | Buffer)[]): string {
    if (this.#key === '') return '';
    const hmac = createHmac('sha256', this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest('hex');
  }
}
