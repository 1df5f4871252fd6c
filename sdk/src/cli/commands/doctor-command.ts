import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isVcpError, nearest, VcpError } from '../../wire/index.js';
import type { Command, Context } from '../command.js';

interface Finding { readonly check: string; readonly ok: boolean; readonly needed: boolean; readonly detail: string; readonly hint?: string | undefined }

export const doctorCommand: Command = {
  name: 'doctor', words: '[PROVIDER]', summary: 'look what works here and what is missing',
  async run(invocation, context) {
    const findings = [nodeVersion(), await sshClient(), ...await controllerFindings(context, invocation.words[0])];
    context.print(findings, findings.map(finding => [`${finding.ok ? '✔' : finding.needed ? '✖' : '▲'} ${finding.check}: ${finding.detail}`, ...(finding.hint === undefined ? [] : [`  → ${finding.hint}`])].join('\n')).join('\n'));
    return findings.every(finding => finding.ok || !finding.needed) ? 0 : 1;
  }
};

function nodeVersion(): Finding {
  const ok = Number(process.versions.node.split('.')[0]) >= 24;
  return { check: 'Node.js', ok, needed: true, detail: process.version, ...(ok ? {} : { hint: 'Node 24 or newer is needed; npm start and the wheel bring their own.' }) };
}

async function sshClient(): Promise<Finding> {
  const found = await promisify(execFile)('ssh', ['-V']).then(({ stderr, stdout }) => (stderr || stdout).trim(), () => undefined);
  return { check: 'ssh', ok: found !== undefined, needed: false, detail: found ?? 'not installed; only vcp ssh needs it', ...(found === undefined ? { hint: 'Debian: apt-get install openssh-client' } : {}) };
}

async function controllerFindings(context: Context, provider: string | undefined): Promise<readonly Finding[]> {
  try {
    const client = await context.client();
    const [version, ready, providers] = await Promise.all([client.version(), client.ready(), client.listProviders()]);
    const chosen = provider === undefined ? providers : providers.filter(candidate => candidate.name === provider);
    if (chosen.length === 0) {
      const near = nearest(provider ?? '', providers.map(candidate => candidate.name));
      throw new VcpError('not_found', `There is no provider “${provider}”.`, { hint: near === undefined ? `There are: ${providers.map(candidate => candidate.name).join(', ')}.` : `Did you mean “${near}”?` });
    }
    return [
      { check: 'Controller', ok: ready.ready, needed: true, detail: ready.ready ? `version ${version.version}, pid ${version.pid}, ${version.home}` : ready.problems.join('; ') },
      ...chosen.map((candidate): Finding => ({
        check: `Provider ${candidate.name} (${candidate.title})`, ok: candidate.available, needed: true, detail: candidate.available ? `regions ${candidate.regions.map(region => region.name).join(', ')}` : candidate.reason ?? 'not available', hint: candidate.hint
      }))
    ];
  } catch (error) {
    if (!isVcpError(error) || error.code === 'not_found') throw error;
    return [{ check: 'Controller', ok: false, needed: true, detail: error.message, hint: error.hint }];
  }
}
