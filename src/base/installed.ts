/** Where an installation keeps its configuration, and where its service keeps what it knows. */

export const installed = { file: '/etc/lineside/lineside.yaml', directory: '/var/lib/lineside' } as const
