"""The rows of `output1` and `output2` as the service prints them: all values are text.

The two environments print differently, as captures of both show: real truncates the profit rate, prints
`evlu_erng_rt` as zero and the day's change in full; mock rounds it, fills `evlu_erng_rt`, prints the change with two
decimals and six zeros, and cuts the average price off after its third decimal.
"""

from __future__ import annotations

from datetime import date

from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Field, by_key
from kis_xl.simulator.book import Lot, Totals

Row = dict[str, str]

_DECIMALS = {field.key: field.decimals for field in (*HOLDING_FIELDS, *SUMMARY_FIELDS)}
_MARGINS = ("20%", "30%", "40%", "60%", "100%")
_GUARANTEES = ("45%", "50%", "", "불가")
_FEE_PER_MILLION = 140
_TAX_PER_MILLION = 1_800


def holding_row(lot: Lot, environment: Environment) -> Row:
    """One row of `output1`, its 26 fields in the document's order."""
    real = environment is Environment.REAL
    values = {
        "pdno": lot.stock.code,
        "prdt_name": lot.stock.name,
        "trad_dvsn_name": "자기융자" if lot.loan else "현금",
        "bfdy_buy_qty": str(lot.bought_before),
        "bfdy_sll_qty": str(lot.sold_before),
        "thdt_buyqty": str(lot.bought),
        "thdt_sll_qty": str(lot.sold),
        "hldg_qty": str(lot.quantity),
        "ord_psbl_qty": str(lot.quantity),
        "pchs_avg_pric": _average(lot, real),
        "pchs_amt": str(lot.purchase),
        "prpr": str(lot.price),
        "evlu_amt": str(lot.valuation),
        "evlu_pfls_amt": str(lot.profit),
        "evlu_pfls_rt": _percent("evlu_pfls_rt", lot.profit, lot.purchase, truncated=real),
        "evlu_erng_rt": _percent("evlu_erng_rt", 0 if real else lot.profit, lot.purchase),
        "loan_dt": f"{lot.loan_date:%Y%m%d}" if lot.loan_date else "",
        "loan_amt": str(lot.loan),
        "stln_slng_chgs": "0",
        "expd_dt": f"{lot.expiry:%Y%m%d}" if lot.expiry else "",
        **_day(lot, real),
        **_credit(lot, real),
    }
    return {field.key: values[field.key] for field in HOLDING_FIELDS}


def _day(lot: Lot, real: bool) -> Row:
    """The day's change; a falling price is printed without its sign at times, only the rate always has one."""
    change = lot.price - lot.previous
    rate = _percent("fltt_rt", change, lot.previous)
    if not real and lot.price:
        rate = _percent("evlu_pfls_rt", change, lot.previous) + "000000"
    unsigned = change < 0 and lot.price and lot.previous % 3 == 0
    return {"fltt_rt": rate, "bfdy_cprs_icdc": str(-change if unsigned else change)}


def _credit(lot: Lot, real: bool) -> Row:
    """Margin, collateral and loan price. Without a price there is no margin; mock knows no collateral."""
    kind = sum(map(ord, lot.stock.code))
    return {
        "item_mgna_rt_name": _MARGINS[kind % len(_MARGINS)] if lot.price else "",
        "grta_rt_name": _GUARANTEES[kind % len(_GUARANTEES)] if real and lot.price else "",
        "sbst_pric": str(lot.previous * 7 // 10 // 10 * 10) if real else "0",
        "stck_loan_unpr": _fixed(_quotient(lot.loan * 10**4, lot.quantity), _DECIMALS["stck_loan_unpr"]),
    }


def _average(lot: Lot, real: bool) -> str:
    exact = lot.purchase * 10**4
    if real and lot.quantity % 3:
        return _fixed(_quotient(exact, lot.quantity), _DECIMALS["pchs_avg_pric"])
    # cut off rather than rounded: who recomputes it gets another last digit
    cut = exact // lot.quantity if lot.quantity else 0
    return _fixed(cut if real else cut // 10 * 10, _DECIMALS["pchs_avg_pric"])


def summary_row(totals: Totals, deposit: int, environment: Environment) -> Row:
    """The row of `output2`, its 24 fields in the document's order, adding up with the holdings to the won."""
    costs_before = _costs(totals.bought_before, totals.sold_before)
    costs = _costs(totals.bought, totals.sold)
    cash = deposit + totals.bought_before + totals.bought
    next_day = cash - totals.bought_before + totals.sold_before - costs_before
    settled = next_day - totals.bought + totals.sold - costs
    total = totals.valuation + settled
    before = total - totals.change
    amounts = {
        "dnca_tot_amt": cash,
        "nxdy_excc_amt": next_day,
        "prvs_rcdl_excc_amt": settled,
        "bfdy_buy_amt": totals.bought_before,
        "thdt_buy_amt": totals.bought,
        "bfdy_sll_amt": totals.sold_before,
        "thdt_sll_amt": totals.sold,
        "bfdy_tlex_amt": costs_before,
        "thdt_tlex_amt": costs,
        "tot_loan_amt": totals.loan,
        "scts_evlu_amt": totals.valuation,
        "tot_evlu_amt": total,
        "nass_amt": total - totals.loan,
        "pchs_amt_smtl_amt": totals.purchase,
        "evlu_amt_smtl_amt": totals.valuation,
        "evlu_pfls_smtl_amt": totals.profit,
        "bfdy_tot_asst_evlu_amt": before,
        "asst_icdc_amt": total - before,
    }
    change = 0 if environment is Environment.REAL else total - before
    texts = {"fncg_gld_auto_rdpt_yn": "", "asst_icdc_erng_rt": _percent("asst_icdc_erng_rt", change, before)}
    return {field.key: texts.get(field.key, str(amounts.get(field.key, 0))) for field in SUMMARY_FIELDS}


def filled(table: str, given: Row) -> Row:
    """A row of `output1` or `output2` from some of its fields, the rest zero or empty as the service prints them."""
    fields = HOLDING_FIELDS if table == "output1" else SUMMARY_FIELDS
    unknown = given.keys() - by_key(fields).keys()
    if unknown:
        raise ValueError(f"{table} has no field {', '.join(sorted(unknown))}")
    return {field.key: given.get(field.key, _nothing(field)) for field in fields}


def _nothing(field: Field) -> str:
    return "" if field.kind.python_type in (str, date) else _fixed(0, field.decimals)


def _costs(bought: int, sold: int) -> int:
    return (bought + sold) * _FEE_PER_MILLION // 1_000_000 + sold * _TAX_PER_MILLION // 1_000_000


def _percent(key: str, part: int, whole: int, *, truncated: bool = False) -> str:
    """`part` of `whole` in percent with the field's decimals; nothing of nothing is 0."""
    decimals = _DECIMALS[key]
    scaled = part * 10 ** (decimals + 2)
    if truncated and whole:
        return _fixed(abs(scaled) // whole * (-1 if scaled < 0 else 1), decimals)
    return _fixed(_quotient(scaled, whole), decimals)


def _quotient(part: int, whole: int) -> int:
    """Divided and rounded half away from zero, in whole numbers; 0 where there is nothing to divide by."""
    if not whole:
        return 0
    rounded = (2 * abs(part) + whole) // (2 * whole)
    return -rounded if part < 0 else rounded


def _fixed(scaled: int, decimals: int) -> str:
    """A number given in units of its last decimal, as text."""
    if not decimals:
        return str(scaled)
    digits = f"{abs(scaled):0{decimals + 1}d}"
    return f"{'-' if scaled < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"
