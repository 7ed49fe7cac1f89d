/** The metadata in SQLite files. */
export { openSqliteAlertRecords } from './sqlite/sqlite-alert-records.ts';
export { openSqliteDocuments } from './sqlite/sqlite-documents.ts';
export { openSqliteNotificationRecords } from './sqlite/sqlite-notification-records.ts';
export { openSqlitePatternTemplates } from './sqlite/sqlite-pattern-templates.ts';
