/** The metadata in one SQLite file. */
export { openSqliteDocuments } from './sqlite/sqlite-documents.ts';
