// The server that playwright.config.mjs starts before the tests and ends after them.
import { startLab } from './lab-server.mjs';

const lab = await startLab({ port: Number(process.env.VCP_UI_PORT), folder: process.env.VCP_UI_FOLDER });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { void lab.stop().then(() => process.exit(0)); });
lab.child.once('exit', code => process.exit(code ?? 1));
