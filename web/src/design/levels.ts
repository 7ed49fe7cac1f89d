/** The names of levels, the worst first. */
export const levelNames = ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const;

export const isLevelName = (name: string): name is (typeof levelNames)[number] => (levelNames as readonly string[]).includes(name);
