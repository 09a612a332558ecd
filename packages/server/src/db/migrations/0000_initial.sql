CREATE TABLE "api_keys" (
	"api_key_id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"key_hash" text NOT NULL,
	"key_sealed" text NOT NULL,
	"valid" boolean DEFAULT true NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "artifacts" (
	"artifact_id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"run_id" text,
	"workflow_run_block_id" text,
	"position" bigserial NOT NULL,
	"artifact_type" text NOT NULL,
	"storage_key" text NOT NULL,
	"filename" text NOT NULL,
	"content_type" text NOT NULL,
	"checksum" text NOT NULL,
	"file_size" bigint NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "folders" (
	"folder_id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"title" text NOT NULL,
	"description" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"organization_id" text NOT NULL,
	"scope" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"resource_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_organization_id_scope_key_pk" PRIMARY KEY("organization_id","scope","key")
);
--> statement-breakpoint
CREATE TABLE "organizations" (
	"organization_id" text PRIMARY KEY NOT NULL,
	"organization_name" text NOT NULL,
	"slug" text,
	"settings" json DEFAULT '{}'::json NOT NULL,
	"webhook_secrets_sealed" json NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "organizations_slug" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "run_blocks" (
	"workflow_run_block_id" text PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"position" bigserial NOT NULL,
	"path" text NOT NULL,
	"parent_workflow_run_block_id" text,
	"label" text NOT NULL,
	"block_type" text NOT NULL,
	"status" text NOT NULL,
	"output" json,
	"failure_reason" text,
	"errors" json DEFAULT '[]'::json NOT NULL,
	"continue_on_failure" boolean NOT NULL,
	"current_index" integer,
	"current_value" json,
	"notes" json DEFAULT '{}'::json NOT NULL,
	"details" json DEFAULT '{}'::json NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone,
	"duration_seconds" double precision
);
--> statement-breakpoint
CREATE TABLE "run_events" (
	"run_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"type" text NOT NULL,
	"data" json NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "run_events_run_id_sequence_pk" PRIMARY KEY("run_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "run_searches" (
	"run_id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"text" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"run_id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"workflow_id" text NOT NULL,
	"workflow_permanent_id" text NOT NULL,
	"title" text,
	"status" text NOT NULL,
	"request" json NOT NULL,
	"parameters" json NOT NULL,
	"cdp_headers_sealed" text,
	"api_key_id" text,
	"trigger_type" text NOT NULL,
	"webhook_url" text,
	"webhook_failure_reason" text,
	"max_elapsed_minutes" integer NOT NULL,
	"max_steps" integer,
	"partial" json,
	"debug_session_id" text,
	"parent_run_id" text,
	"depth" integer DEFAULT 0 NOT NULL,
	"output" json,
	"failure_reason" text,
	"errors" json,
	"step_count" integer,
	"attempts" integer DEFAULT 0 NOT NULL,
	"browser_state_sealed" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"queued_at" timestamp (3) with time zone,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "tag_events" (
	"event_id" bigserial PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"key" text,
	"value" text NOT NULL,
	"event_type" text NOT NULL,
	"source" text NOT NULL,
	"set_at" timestamp (3) with time zone NOT NULL,
	"set_by" text NOT NULL,
	"superseded_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "tag_keys" (
	"organization_id" text NOT NULL,
	"key" text NOT NULL,
	"description" text,
	CONSTRAINT "tag_keys_organization_id_key_pk" PRIMARY KEY("organization_id","key")
);
--> statement-breakpoint
CREATE TABLE "tag_values" (
	"organization_id" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	"color" text NOT NULL,
	CONSTRAINT "tag_values_organization_id_key_value_pk" PRIMARY KEY("organization_id","key","value")
);
--> statement-breakpoint
CREATE TABLE "uploaded_files" (
	"file_id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"artifact_id" text NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_attempts" (
	"attempt_id" text PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"delivery_id" text,
	"url" text NOT NULL,
	"status_code" integer,
	"latency_ms" integer NOT NULL,
	"response_body" text,
	"error" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"delivery_id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"run_id" text NOT NULL,
	"url" text NOT NULL,
	"status" text NOT NULL,
	"api_key_id" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"next_attempt_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "workflows" (
	"workflow_id" text PRIMARY KEY NOT NULL,
	"workflow_permanent_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"version" integer NOT NULL,
	"title" text NOT NULL,
	"description" text,
	"status" text NOT NULL,
	"folder_id" text,
	"is_template" boolean DEFAULT false NOT NULL,
	"settings" json NOT NULL,
	"definition" json NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_organization_id_organizations_organization_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("organization_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_blocks" ADD CONSTRAINT "run_blocks_run_id_runs_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("run_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_events" ADD CONSTRAINT "run_events_run_id_runs_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("run_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_searches" ADD CONSTRAINT "run_searches_run_id_runs_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("run_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploaded_files" ADD CONSTRAINT "uploaded_files_artifact_id_artifacts_artifact_id_fk" FOREIGN KEY ("artifact_id") REFERENCES "public"."artifacts"("artifact_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_hash" ON "api_keys" USING btree ("key_hash");--> statement-breakpoint
CREATE INDEX "api_keys_organization" ON "api_keys" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "artifacts_run" ON "artifacts" USING btree ("run_id","artifact_type","position");--> statement-breakpoint
CREATE INDEX "artifacts_block" ON "artifacts" USING btree ("workflow_run_block_id","position");--> statement-breakpoint
CREATE INDEX "folders_organization" ON "folders" USING btree ("organization_id","modified_at");--> statement-breakpoint
CREATE UNIQUE INDEX "run_blocks_path" ON "run_blocks" USING btree ("run_id","path");--> statement-breakpoint
CREATE INDEX "run_searches_text" ON "run_searches" USING gin ("text" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "runs_organization" ON "runs" USING btree ("organization_id","created_at","run_id");--> statement-breakpoint
CREATE INDEX "runs_organization_status" ON "runs" USING btree ("organization_id","status","created_at","run_id");--> statement-breakpoint
CREATE INDEX "runs_workflow" ON "runs" USING btree ("workflow_permanent_id","created_at","run_id");--> statement-breakpoint
CREATE INDEX "runs_workflow_status" ON "runs" USING btree ("workflow_permanent_id","status","created_at","run_id");--> statement-breakpoint
CREATE INDEX "runs_error_codes" ON "runs" USING gin ((("errors")::jsonb) jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "runs_parent" ON "runs" USING btree ("parent_run_id") WHERE parent_run_id is not null;--> statement-breakpoint
CREATE INDEX "runs_open" ON "runs" USING btree ("status") WHERE status in ('created', 'queued', 'running', 'paused');--> statement-breakpoint
CREATE UNIQUE INDEX "tag_events_open" ON "tag_events" USING btree ("subject_id",coalesce(key, ''),(case when key is null then value else '' end)) WHERE superseded_at is null;--> statement-breakpoint
CREATE INDEX "tag_events_history" ON "tag_events" USING btree ("subject_id","event_id");--> statement-breakpoint
CREATE INDEX "tag_events_usage" ON "tag_events" USING btree ("organization_id","subject_kind","key","value","subject_id") WHERE superseded_at is null and event_type = 'set';--> statement-breakpoint
CREATE INDEX "tag_events_newest" ON "tag_events" USING btree ("organization_id","subject_kind","event_id") WHERE superseded_at is null and event_type = 'set';--> statement-breakpoint
CREATE INDEX "uploaded_files_expiry" ON "uploaded_files" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "webhook_attempts_run" ON "webhook_attempts" USING btree ("run_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "webhook_deliveries_run" ON "webhook_deliveries" USING btree ("run_id");--> statement-breakpoint
CREATE UNIQUE INDEX "workflows_version" ON "workflows" USING btree ("workflow_permanent_id","version");--> statement-breakpoint
CREATE INDEX "workflows_organization" ON "workflows" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "workflows_folder" ON "workflows" USING btree ("folder_id") WHERE version = 1 and folder_id is not null and deleted_at is null;