-- a history as version 1 of the layout had it, made by the code of that time
CREATE TABLE kis_schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "kis_schema" VALUES(1);
CREATE TABLE kis_snapshot (
	id INTEGER NOT NULL, 
	account VARCHAR NOT NULL, 
	environment VARCHAR NOT NULL, 
	host VARCHAR NOT NULL, 
	masked VARCHAR NOT NULL, 
	day DATE NOT NULL, 
	as_of DATETIME NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT kis_snapshot_once UNIQUE (account, day, as_of)
);
INSERT INTO "kis_snapshot" VALUES(1,'7f48f2e37c4719fbcc535939a47cd933','real','https://openapi.koreainvestment.com:9443','8765****-22','2026-11-16','2026-11-16 09:00:00.000000');
INSERT INTO "kis_snapshot" VALUES(2,'7f48f2e37c4719fbcc535939a47cd933','real','https://openapi.koreainvestment.com:9443','8765****-22','2026-11-16','2026-11-16 15:00:00.000000');
INSERT INTO "kis_snapshot" VALUES(3,'7f48f2e37c4719fbcc535939a47cd933','real','https://openapi.koreainvestment.com:9443','8765****-22','2026-11-20','2026-11-20 16:05:09.123456');
CREATE TABLE kis_holding (
	snapshot INTEGER NOT NULL, 
	place INTEGER NOT NULL, 
	pdno VARCHAR NOT NULL, 
	prdt_name VARCHAR NOT NULL, 
	trad_dvsn_name VARCHAR NOT NULL, 
	bfdy_buy_qty VARCHAR NOT NULL, 
	bfdy_sll_qty VARCHAR NOT NULL, 
	thdt_buyqty VARCHAR NOT NULL, 
	thdt_sll_qty VARCHAR NOT NULL, 
	hldg_qty VARCHAR NOT NULL, 
	ord_psbl_qty VARCHAR NOT NULL, 
	pchs_avg_pric VARCHAR NOT NULL, 
	pchs_amt VARCHAR NOT NULL, 
	prpr VARCHAR NOT NULL, 
	evlu_amt VARCHAR NOT NULL, 
	evlu_pfls_amt VARCHAR NOT NULL, 
	evlu_pfls_rt VARCHAR NOT NULL, 
	evlu_erng_rt VARCHAR NOT NULL, 
	loan_dt DATE, 
	loan_amt VARCHAR NOT NULL, 
	stln_slng_chgs VARCHAR NOT NULL, 
	expd_dt DATE, 
	fltt_rt VARCHAR NOT NULL, 
	bfdy_cprs_icdc VARCHAR NOT NULL, 
	item_mgna_rt_name VARCHAR NOT NULL, 
	grta_rt_name VARCHAR NOT NULL, 
	sbst_pric VARCHAR NOT NULL, 
	stck_loan_unpr VARCHAR NOT NULL, 
	PRIMARY KEY (snapshot, pdno, place), 
	FOREIGN KEY(snapshot) REFERENCES kis_snapshot (id) ON DELETE CASCADE
);
INSERT INTO "kis_holding" VALUES(1,0,'005930','','','0','0','0','0','3','0','198600.0000','0','0','300','0','0.00','0.00',NULL,'0','0',NULL,'0.00','0','','','0','0.0000');
INSERT INTO "kis_holding" VALUES(2,0,'005930','삼성전자','','0','0','0','0','3','0','198600.0000','0','0','310','0','0.00','0.00',NULL,'0','0',NULL,'0.00','0','','','0','0.0000');
INSERT INTO "kis_holding" VALUES(2,1,'0005A0','','','0','0','0','0','0','0','0.0000','0','0','0','0','-1.50','0.00','2026-01-02','0','0',NULL,'-0.58000000','0','','','0','0.0000');
CREATE TABLE kis_summary (
	snapshot INTEGER NOT NULL, 
	dnca_tot_amt VARCHAR NOT NULL, 
	nxdy_excc_amt VARCHAR NOT NULL, 
	prvs_rcdl_excc_amt VARCHAR NOT NULL, 
	cma_evlu_amt VARCHAR NOT NULL, 
	bfdy_buy_amt VARCHAR NOT NULL, 
	thdt_buy_amt VARCHAR NOT NULL, 
	nxdy_auto_rdpt_amt VARCHAR NOT NULL, 
	bfdy_sll_amt VARCHAR NOT NULL, 
	thdt_sll_amt VARCHAR NOT NULL, 
	d2_auto_rdpt_amt VARCHAR NOT NULL, 
	bfdy_tlex_amt VARCHAR NOT NULL, 
	thdt_tlex_amt VARCHAR NOT NULL, 
	tot_loan_amt VARCHAR NOT NULL, 
	scts_evlu_amt VARCHAR NOT NULL, 
	tot_evlu_amt VARCHAR NOT NULL, 
	nass_amt VARCHAR NOT NULL, 
	fncg_gld_auto_rdpt_yn VARCHAR NOT NULL, 
	pchs_amt_smtl_amt VARCHAR NOT NULL, 
	evlu_amt_smtl_amt VARCHAR NOT NULL, 
	evlu_pfls_smtl_amt VARCHAR NOT NULL, 
	tot_stln_slng_chgs VARCHAR NOT NULL, 
	bfdy_tot_asst_evlu_amt VARCHAR NOT NULL, 
	asst_icdc_amt VARCHAR NOT NULL, 
	asst_icdc_erng_rt VARCHAR NOT NULL, 
	PRIMARY KEY (snapshot), 
	FOREIGN KEY(snapshot) REFERENCES kis_snapshot (id) ON DELETE CASCADE
);
INSERT INTO "kis_summary" VALUES(1,'0','0','0','0','0','0','0','0','0','0','0','0','0','0','1','0','','0','0','0','0','0','0','0.00');
INSERT INTO "kis_summary" VALUES(2,'0','0','0','0','0','0','0','0','0','0','0','0','0','0','2','0','','0','0','0','0','0','0','0.00');
