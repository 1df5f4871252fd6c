// What people read while set-up runs.
const started = Date.now();

/** `m:ss` since the start of this command. */
export function clock() {
  const seconds = Math.round((Date.now() - started) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export function say(line) {
  console.log(`[${clock()}] ${line}`);
}

/** An error whose remedy is known: printed without a stack. */
export class Remedy extends Error {}

/** Runs a task; a Remedy ends it with exit code 1 and its text. */
export async function guarded(work) {
  try {
    return (await work()) ?? 0;
  } catch (error) {
    if (!(error instanceof Remedy)) throw error;
    console.error(`\n✖ ${error.message}`);
    return 1;
  }
}
