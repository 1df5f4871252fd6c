import { clearFolder } from './lab-server.mjs';

/** Nothing of a test run stays: neither virtual clouds nor the controller nor its data folder. */
export default async function teardown() {
  await clearFolder(`http://127.0.0.1:${process.env.VCP_UI_PORT}`, process.env.VCP_UI_FOLDER);
}
