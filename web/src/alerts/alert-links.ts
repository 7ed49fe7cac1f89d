/** Addresses of the pages of alerts, for whoever leads there. */
export const incidentHref = (id: string): string => `/alerts/incidents/${encodeURIComponent(id)}`;
export const ruleHref = (id: string): string => `/alerts/rules/${encodeURIComponent(id)}`;
