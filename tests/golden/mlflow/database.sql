-- Tables of a database that MLflow 3.17 made; those that careloop does not read are left out.
CREATE TABLE "registered_models" (
	name VARCHAR(256) NOT NULL, 
	creation_time BIGINT, 
	last_updated_time BIGINT, 
	description VARCHAR(5000), 
	workspace VARCHAR(63) DEFAULT 'default' NOT NULL, 
	CONSTRAINT registered_model_pk PRIMARY KEY (workspace, name)
);
CREATE TABLE "model_versions" (
	name VARCHAR(256) NOT NULL, 
	version INTEGER NOT NULL, 
	creation_time BIGINT, 
	last_updated_time BIGINT, 
	description VARCHAR(5000), 
	user_id VARCHAR(256), 
	current_stage VARCHAR(20), 
	source VARCHAR(500), 
	run_id VARCHAR(32), 
	status VARCHAR(20), 
	status_message VARCHAR(500), 
	run_link VARCHAR(500), 
	storage_location VARCHAR(500), 
	workspace VARCHAR(63) DEFAULT 'default' NOT NULL, 
	CONSTRAINT model_version_pk PRIMARY KEY (workspace, name, version), 
	CONSTRAINT fk_model_versions_registered_models FOREIGN KEY(workspace, name) REFERENCES registered_models (workspace, name) ON UPDATE CASCADE
);
CREATE TABLE "model_version_tags" (
	"key" VARCHAR(250) NOT NULL, 
	value TEXT, 
	name VARCHAR(256) NOT NULL, 
	version INTEGER NOT NULL, 
	workspace VARCHAR(63) DEFAULT 'default' NOT NULL, 
	CONSTRAINT model_version_tag_pk PRIMARY KEY (workspace, "key", name, version), 
	CONSTRAINT fk_model_version_tags_model_versions FOREIGN KEY(workspace, name, version) REFERENCES model_versions (workspace, name, version) ON UPDATE CASCADE
);
CREATE TABLE "registered_model_tags" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(5000), 
	name VARCHAR(256) NOT NULL, 
	workspace VARCHAR(63) DEFAULT 'default' NOT NULL, 
	CONSTRAINT registered_model_tag_pk PRIMARY KEY (workspace, "key", name), 
	CONSTRAINT fk_registered_model_tags_registered_models FOREIGN KEY(workspace, name) REFERENCES registered_models (workspace, name) ON UPDATE CASCADE
);
CREATE TABLE "params" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000) NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
CREATE TABLE "latest_metrics" (
	"key" VARCHAR(250) NOT NULL, 
	value FLOAT NOT NULL, 
	timestamp BIGINT, 
	step BIGINT NOT NULL, 
	is_nan BOOLEAN NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT latest_metric_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), 
	CHECK (is_nan IN (0, 1))
);
CREATE TABLE "tags" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000), 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT tag_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
CREATE TABLE inputs (
	input_uuid VARCHAR(36) NOT NULL, 
	source_type VARCHAR(36) NOT NULL, 
	source_id VARCHAR(36) NOT NULL, 
	destination_type VARCHAR(36) NOT NULL, 
	destination_id VARCHAR(36) NOT NULL, step BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT inputs_pk PRIMARY KEY (source_type, source_id, destination_type, destination_id)
);
CREATE TABLE input_tags (
	input_uuid VARCHAR(36) NOT NULL, 
	name VARCHAR(255) NOT NULL, 
	value VARCHAR(500) NOT NULL, 
	CONSTRAINT input_tags_pk PRIMARY KEY (input_uuid, name)
);
CREATE TABLE "datasets" (
	dataset_uuid VARCHAR(36) NOT NULL, 
	experiment_id INTEGER NOT NULL, 
	name VARCHAR(500) NOT NULL, 
	digest VARCHAR(36) NOT NULL, 
	dataset_source_type VARCHAR(36) NOT NULL, 
	dataset_source TEXT NOT NULL, 
	dataset_schema TEXT, 
	dataset_profile TEXT, 
	CONSTRAINT dataset_pk PRIMARY KEY (experiment_id, name, digest), 
	CONSTRAINT fk_datasets_experiment_id_experiments FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id) ON DELETE CASCADE
);
INSERT INTO "datasets" VALUES('b24c451b7d0a4cea9479a798b2f37aef',1,'loans-2025','abcd1234','local','{"uri":"data/loans.csv"}',NULL,NULL);
INSERT INTO "datasets" VALUES('96503223ed2b4c2ba29544562d09799e',1,'loans-holdout','ffff1234','local','{"uri":"data/holdout.csv"}',NULL,NULL);
INSERT INTO "input_tags" VALUES('c8470c7a3133448aa7d77df6d91332b4','mlflow.data.context','training');
INSERT INTO "input_tags" VALUES('239ff87ec9cb42468aa518b3d3ddb973','mlflow.data.context','evaluation');
INSERT INTO "inputs" VALUES('c8470c7a3133448aa7d77df6d91332b4','DATASET','b24c451b7d0a4cea9479a798b2f37aef','RUN','66a343b58f824400bd16e1465e2b34ef',0);
INSERT INTO "inputs" VALUES('239ff87ec9cb42468aa518b3d3ddb973','DATASET','96503223ed2b4c2ba29544562d09799e','RUN','66a343b58f824400bd16e1465e2b34ef',0);
INSERT INTO "latest_metrics" VALUES('roc_auc',0.8731,1795824241320,0,0,'66a343b58f824400bd16e1465e2b34ef');
INSERT INTO "latest_metrics" VALUES('test_brier_score',0.112,1795824241379,0,0,'66a343b58f824400bd16e1465e2b34ef');
INSERT INTO "latest_metrics" VALUES('training_f1_score',0.9,1795824241416,0,0,'66a343b58f824400bd16e1465e2b34ef');
INSERT INTO "model_version_tags" VALUES('license','apache-2.0','credit-scoring',2,'default');
INSERT INTO "model_versions" VALUES('credit-scoring',1,1795824241653,1795824241653,'First release',NULL,'None','runs:/66a343b58f824400bd16e1465e2b34ef/model','66a343b58f824400bd16e1465e2b34ef','READY',NULL,NULL,'runs:/66a343b58f824400bd16e1465e2b34ef/model','default');
INSERT INTO "model_versions" VALUES('credit-scoring',2,1795824241689,1795824241689,'Second release',NULL,'None','runs:/66a343b58f824400bd16e1465e2b34ef/model','66a343b58f824400bd16e1465e2b34ef','READY',NULL,NULL,'runs:/66a343b58f824400bd16e1465e2b34ef/model','default');
INSERT INTO "params" VALUES('C','0.5','66a343b58f824400bd16e1465e2b34ef');
INSERT INTO "params" VALUES('penalty','l2','66a343b58f824400bd16e1465e2b34ef');
INSERT INTO "params" VALUES('estimator_name','LogisticRegression','66a343b58f824400bd16e1465e2b34ef');
INSERT INTO "params" VALUES('estimator_class','sklearn.linear_model._logistic.LogisticRegression','66a343b58f824400bd16e1465e2b34ef');
INSERT INTO "registered_model_tags" VALUES('team','lending','credit-scoring','default');
INSERT INTO "registered_models" VALUES('credit-scoring',1795824241616,1795824241689,'Estimates whether an applicant can carry the instalments of a loan.','default');
INSERT INTO "registered_models" VALUES('Churn Forecast v2',1795824241816,1795824241816,NULL,'default');
INSERT INTO "tags" VALUES('mlflow.user','ada','66a343b58f824400bd16e1465e2b34ef');
INSERT INTO "tags" VALUES('mlflow.source.name','train.py','66a343b58f824400bd16e1465e2b34ef');
INSERT INTO "tags" VALUES('mlflow.source.git.commit','0123456789abcdef0123456789abcdef01234567','66a343b58f824400bd16e1465e2b34ef');
INSERT INTO "tags" VALUES('mlflow.runName','spring','66a343b58f824400bd16e1465e2b34ef');
