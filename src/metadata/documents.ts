/**
 * The metadata port: what people set at run time rather than in a file, such as parser rules, policies and saved queries.
 * Small, durable documents; every version of one is kept until it is removed. One adapter: sqlite/ (PostgreSQL and MySQL speak the same statements through Kysely).
 */

/** What a document is; each kind has its own shape of body, checked by its owner. */
export type DocumentKind =
  | 'parser'
  | 'policy'
  | 'query'
  | 'dashboard'
  | 'link'
  | 'export'
  | 'alert_rule'
  | 'alert_channel'
  | 'alert_routing'
  | 'alert_silence'
  | 'alert_maintenance';

export interface StoredDocument {
  readonly kind: DocumentKind;
  /** Tenant that it belongs to. */
  readonly tenant: string;
  /** Unique in kind and tenant. */
  readonly name: string;
  readonly body: unknown;
  /** Rises by one with every change, from 1. */
  readonly version: number;
  readonly updatedMs: number;
  /** Name of the key that changed it last. */
  readonly updatedBy: string;
}

export interface Documents {
  /** In the order of tenant and name; of all tenants where none is given. */
  list(kind: DocumentKind, tenant?: string): Promise<readonly StoredDocument[]>;
  find(kind: DocumentKind, tenant: string, name: string): Promise<StoredDocument | undefined>;
  /** All versions, newest first; empty where there is no such document. */
  history(kind: DocumentKind, tenant: string, name: string): Promise<readonly StoredDocument[]>;
  /**
   * Writes a document; durable when it resolves. `expectedVersion`: 0 it must be new, else it must have that version.
   * @throws AppError conflict where it has another one
   */
  put(document: Omit<StoredDocument, 'version'>, expectedVersion?: number): Promise<StoredDocument>;
  /** False where there is none. */
  remove(kind: DocumentKind, tenant: string, name: string): Promise<boolean>;
  close(): Promise<void>;
}
