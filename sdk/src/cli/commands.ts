import type { Command } from './command.js';
import { addCommand, applyCommand, deleteCommand, exportCommand, planCommand, psCommand, removeCommand, scaleCommand } from './commands/cloud-commands.js';
import { controllerStart, controllerStatus, controllerStop } from './commands/controller-commands.js';
import { doctorCommand } from './commands/doctor-command.js';
import { eventsCommand, opCancelCommand, opShowCommand, opsCommand } from './commands/history-commands.js';
import { copyCommand, execCommand, sshCommand } from './commands/node-commands.js';
import { runCommand, templatesCommand } from './commands/template-commands.js';

/** Every command of `vcp`, in the order in which help shows them. */
export const COMMANDS: readonly Command[] = [
  planCommand, applyCommand, psCommand, scaleCommand, addCommand, removeCommand, deleteCommand, exportCommand,
  execCommand, copyCommand, sshCommand, eventsCommand, opsCommand, opShowCommand, opCancelCommand,
  runCommand, templatesCommand, doctorCommand, controllerStart, controllerStop, controllerStatus
];
