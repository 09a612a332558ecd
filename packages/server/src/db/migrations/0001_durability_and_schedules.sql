CREATE TABLE "run_lanes" (
	"organization_id" text NOT NULL,
	"lane" text NOT NULL,
	"position" bigserial NOT NULL,
	"run_id" text NOT NULL,
	CONSTRAINT "run_lanes_organization_id_lane_position_pk" PRIMARY KEY("organization_id","lane","position")
);
--> statement-breakpoint
CREATE TABLE "run_browsers" (
	"run_id" text PRIMARY KEY NOT NULL,
	"place" json,
	"state_sealed" text,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "schedule_fires" (
	"schedule_fire_id" text PRIMARY KEY NOT NULL,
	"workflow_schedule_id" text NOT NULL,
	"organization_id" text NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"cause" text NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"run_id" text,
	"run_status" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workflow_schedules" (
	"workflow_schedule_id" text PRIMARY KEY NOT NULL,
	"organization_id" text NOT NULL,
	"workflow_permanent_id" text NOT NULL,
	"cron_expression" text NOT NULL,
	"timezone" text NOT NULL,
	"enabled" boolean NOT NULL,
	"disabled_reason" text,
	"parameters" json,
	"name" text,
	"description" text,
	"overlap_policy" text NOT NULL,
	"catch_up" text NOT NULL,
	"catch_up_window_minutes" integer NOT NULL,
	"jitter_seconds" integer NOT NULL,
	"start_at" timestamp (3) with time zone,
	"end_at" timestamp (3) with time zone,
	"max_runs" integer,
	"pause_after_failures" integer,
	"webhook_url" text,
	"next_due_at" timestamp (3) with time zone,
	"next_fire_at" timestamp (3) with time zone,
	"last_due_at" timestamp (3) with time zone,
	"runs_started" integer DEFAULT 0 NOT NULL,
	"consecutive_failures" integer DEFAULT 0 NOT NULL,
	"repaired_at" timestamp (3) with time zone,
	"revision" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "webhook_attempts" ALTER COLUMN "run_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ALTER COLUMN "run_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "workflow_schedule_id" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "trace_parent" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "admission" text;--> statement-breakpoint
-- Open runs get their jobs anew, under the ids that jobs of runs have from now on: see domain/runs/upkeep.ts.
UPDATE "runs" SET "admission" = CASE WHEN "status" IN ('created', 'queued', 'running', 'paused') THEN 'ready' ELSE 'over' END;--> statement-breakpoint
ALTER TABLE "runs" ALTER COLUMN "admission" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "position" bigserial NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "priority" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "turn" integer;--> statement-breakpoint
UPDATE "runs" SET "turn" = 0 WHERE "admission" = 'ready';--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "lanes" json;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "sequential_key" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "limited" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "awaited" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD COLUMN "subject_id" text;--> statement-breakpoint
UPDATE "webhook_deliveries" SET "subject_id" = "run_id";--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ALTER COLUMN "subject_id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD COLUMN "payload" json;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD COLUMN "job_id" text;--> statement-breakpoint
UPDATE "webhook_deliveries" SET "job_id" = gen_random_uuid()::text;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ALTER COLUMN "job_id" SET NOT NULL;--> statement-breakpoint
-- The queue's own tables are there if a server has been started.
DO $$ BEGIN
	IF to_regclass('pgboss.job') IS NOT NULL THEN
		DELETE FROM pgboss.job WHERE name = 'run';
		UPDATE pgboss.job SET data = data || '{"leaseSeconds": 15}' WHERE name = 'webhook';
		UPDATE "webhook_deliveries" AS delivery SET "job_id" = job.id::text FROM pgboss.job AS job
			WHERE job.name = 'webhook' AND job.data -> 'payload' ->> 'delivery_id' = delivery.delivery_id;
	END IF;
END $$;--> statement-breakpoint
ALTER TABLE "run_lanes" ADD CONSTRAINT "run_lanes_run_id_runs_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("run_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_browsers" ADD CONSTRAINT "run_browsers_run_id_runs_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("run_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedule_fires" ADD CONSTRAINT "schedule_fires_workflow_schedule_id_workflow_schedules_workflow_schedule_id_fk" FOREIGN KEY ("workflow_schedule_id") REFERENCES "public"."workflow_schedules"("workflow_schedule_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "run_lanes_run" ON "run_lanes" USING btree ("run_id");--> statement-breakpoint
CREATE UNIQUE INDEX "schedule_fires_instant" ON "schedule_fires" USING btree ("workflow_schedule_id","due_at");--> statement-breakpoint
CREATE UNIQUE INDEX "schedule_fires_open_run" ON "schedule_fires" USING btree ("run_id") WHERE run_id is not null and run_status is null;--> statement-breakpoint
CREATE INDEX "schedule_fires_open" ON "schedule_fires" USING btree ("workflow_schedule_id") WHERE run_id is not null and run_status is null;--> statement-breakpoint
CREATE INDEX "schedule_fires_queued" ON "schedule_fires" USING btree ("workflow_schedule_id") WHERE state = 'queued';--> statement-breakpoint
CREATE INDEX "workflow_schedules_organization" ON "workflow_schedules" USING btree ("organization_id","created_at");--> statement-breakpoint
CREATE INDEX "workflow_schedules_workflow" ON "workflow_schedules" USING btree ("workflow_permanent_id");--> statement-breakpoint
CREATE INDEX "workflow_schedules_due" ON "workflow_schedules" USING btree ("next_fire_at") WHERE enabled and deleted_at is null;--> statement-breakpoint
CREATE INDEX "workflow_schedules_repaired" ON "workflow_schedules" USING btree ("repaired_at") WHERE repaired_at is not null;--> statement-breakpoint
CREATE INDEX "runs_waiting" ON "runs" USING btree ("organization_id","admission","priority" DESC NULLS LAST,"position") WHERE admission in ('blocked', 'waiting');--> statement-breakpoint
CREATE INDEX "runs_admitted" ON "runs" USING btree ("organization_id","admission","awaited","turn") WHERE admission in ('ready', 'taken');--> statement-breakpoint
CREATE INDEX "runs_turns" ON "runs" USING btree ("turn") WHERE admission = 'ready' and not awaited;--> statement-breakpoint
CREATE INDEX "webhook_attempts_delivery" ON "webhook_attempts" USING btree ("delivery_id","created_at");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_status" ON "webhook_deliveries" USING btree ("organization_id","status","modified_at");--> statement-breakpoint
ALTER TABLE "runs" DROP COLUMN "browser_state_sealed";