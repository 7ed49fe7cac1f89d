/** When silences and maintenance windows hold; for those outside who show them. */
export {
  isMaintenance as isMaintenanceActive,
  isSilenceActive,
  nextMaintenanceChangeMs as maintenanceChangeMs,
} from './notifying/suppression.ts';
