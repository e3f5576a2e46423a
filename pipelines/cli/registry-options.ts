import type { Command } from 'commander'

/** Adds the options of a command that asks a registry, or is in one. */
export function withRegistry(command: Command, what = 'which registry; by default FLOW_REGISTRY'): Command {
  return withTls(command.option('--registry <address>', what))
}

/** Adds the options for certificates. */
export function withTls(command: Command): Command {
  return command
    .option('--tls-cert <file>', 'mutual TLS: its own certificate, PEM')
    .option('--tls-key <file>', 'the key of that, PEM')
    .option('--tls-ca <file>', 'the authority that certificates come from, PEM')
}
