/** The metadata in SQLite files. */
export { openSqliteDocuments } from './sqlite/sqlite-documents.ts';
export { openSqlitePatternTemplates } from './sqlite/sqlite-pattern-templates.ts';
