"""The proposed mapping for exports of the products in other languages, orders of columns and with fewer columns."""

import shutil
import tomllib
from datetime import date

import pytest

from transforms.revops.crm.words import loss_reason_of, outcome_of, plain, stages_of
from transforms_api.cli import crm_import
from transforms_api.cli.crm_import import Statements, exports_in, look_at, write_mapping
from transforms_api.errors import ImportMappingError
from transforms_api.project import PROJECT

TODAY = Statements(date(2024, 11, 15))


def _look(tmp_path, text, statements=TODAY, name="deals.csv", encoding="utf-8"):
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))
    return look_at(file, statements)


def _mapping(look):
    return tomllib.loads(look.toml)


EXPORTS = {
    "HubSpot, English": (
        "Record ID,Deal Name,Deal Stage,Close Date,Create Date,Deal owner,Amount,Associated Company\n"
        "1,A,Appointment Scheduled,2024-12-01 10:00,2024-01-05 09:00,Ann,500,X\n"
        "2,B,Closed Won,2024-03-01 10:00,2024-01-06 09:00,Bob,700,Y\n",
        "HubSpot",
        {"id": "Record ID", "stage": "Deal Stage", "close_date": "Close Date", "opened_on": "Create Date",
         "rep": "Deal owner", "amount": "Amount", "account": "Associated Company", "name": "Deal Name"},
        {"Appointment Scheduled": "Prospecting", "Closed Won": "Closed Won"},
    ),
    "HubSpot, Spanish, semicolons": (
        "Record ID;Nombre del negocio;Etapa del negocio;Fecha de cierre;Fecha de creación;Propietario del negocio;"
        "Importe\n"
        "1;A;Cierre ganado;2024-03-01;2024-01-05;Ana;1.500,50\n2;B;Cierre perdido;2024-04-01;2024-01-06;Ana;700,25\n",
        "HubSpot",
        {"id": "Record ID", "name": "Nombre del negocio", "stage": "Etapa del negocio", "close_date": "Fecha de cierre",
         "opened_on": "Fecha de creación", "rep": "Propietario del negocio", "amount": "Importe"},
        {"Cierre ganado": "Closed Won", "Cierre perdido": "Closed Lost"},
    ),
    "HubSpot, French, without an owner": (
        "Record ID,Nom de la transaction,Phase de la transaction,Date de fermeture,Montant\n"
        "1,A,Fermée gagnée,2024-03-01,500\n2,B,Fermée perdue,2024-04-01,700\n",
        "HubSpot",
        {"id": "Record ID", "name": "Nom de la transaction", "stage": "Phase de la transaction",
         "close_date": "Date de fermeture", "amount": "Montant"},
        {"Fermée gagnée": "Closed Won", "Fermée perdue": "Closed Lost"},
    ),
    "Pipedrive, English, other order": (
        "Deal - Owner,Deal - Stage,Deal - Status,Deal - Value,Deal - Won time,Deal - Lost time,Deal - ID,Deal - Title\n"
        "Ann,Proposal Made,Won,1500,2024-03-01 10:00:00,,7,A\nBob,Contact Made,Open,700,,,8,B\n",
        "Pipedrive",
        {"id": "Deal - ID", "name": "Deal - Title", "status": "Deal - Status", "stage": "Deal - Stage",
         "rep": "Deal - Owner", "amount": "Deal - Value", "closed_on": ["Deal - Won time", "Deal - Lost time"]},
        {"Proposal Made": "Proposal", "Contact Made": "Discovery"},
    ),
    "Zoho, tabs": (
        "Record Id\tDeal Name\tDeal Owner\tClosing Date\tStage\tAmount\n"
        "zcrm_1\tA\tAnn\t2024-03-01\tClosed Lost to Competition\t$1,500.00\n"
        "zcrm_2\tB\tBob\t2024-12-01\tNegotiation/Review\t$700.00\n",
        "Zoho CRM",
        {"id": "Record Id", "name": "Deal Name", "rep": "Deal Owner", "close_date": "Closing Date", "stage": "Stage",
         "amount": "Amount"},
        {"Closed Lost to Competition": "Closed Lost", "Negotiation/Review": "Negotiation"},
    ),
    "Salesforce, report in English": (
        '"Opportunity ID","Opportunity Name","Stage","Amount","Close Date","Opportunity Owner"\n'
        '"006A0000001","A","Needs Analysis","500","11/30/2024","Ann"\n'
        '"006A0000002","B","Closed Won","700","3/1/2024","Bob"\n'
        "\n\"Copyright (c) 2000-2024 salesforce.com, inc. All rights reserved.\"\n",
        "Salesforce",
        {"id": "Opportunity ID", "name": "Opportunity Name", "stage": "Stage", "amount": "Amount",
         "close_date": "Close Date", "rep": "Opportunity Owner"},
        {"Needs Analysis": "Discovery", "Closed Won": "Closed Won"},
    ),
    "Dynamics, without actual values": (
        "Topic,Potential Customer,Est. Close Date,Est. Revenue,Status,Owner\n"
        "A,X,11/30/2024,500,Open,Ann\nB,Y,3/1/2024,700,Won,Bob\n",
        "Dynamics 365",
        {"name": "Topic", "account": "Potential Customer", "close_date": "Est. Close Date", "amount": "Est. Revenue",
         "stage": "Status", "rep": "Owner", "id": {"row_number": True}},
        {"Won": "Closed Won"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("export", EXPORTS)
def test_the_product_and_the_columns_are_recognised(tmp_path, export):
    text, product, columns, _ = EXPORTS[export]
    look = _look(tmp_path, text)
    assert (look.proposal.product, _mapping(look)["opportunities"]["columns"]) == (product, columns)


@pytest.mark.parametrize("export", EXPORTS)
def test_the_stages_are_ours_by_the_preset_of_the_product_or_their_words(tmp_path, export):
    text, _, _, stages = EXPORTS[export]
    assert _mapping(_look(tmp_path, text))["opportunities"]["stages"] == stages


@pytest.mark.parametrize(
    ("text", "encoding"), [("id;stage;amount;close date;rep\n1;Gewonnen;1.234,50;15.11.2024;Jörg\n", "cp1252")]
)
def test_decimal_comma_date_format_and_currency_of_a_german_file(tmp_path, text, encoding):
    mapping = _mapping(_look(tmp_path, text, encoding=encoding))
    deals = mapping["opportunities"]
    assert (deals["decimal"], deals["formats"], mapping["currency"]) == (",", {"close_date": ["D.M.YYYY"]}, "EUR")


MIXED = "id,stage,amount,currency\n1,Proposal,500,USD\n2,Proposal,700,EUR\n3,Proposal,800,USD\n4,Proposal,900,GBP\n"


def test_a_stated_rate_is_written_into_the_mapping(tmp_path):
    look = _look(tmp_path, MIXED, Statements(TODAY.today, rates={"EUR": 1.08, "GBP": 1.25}))
    mapping = _mapping(look)
    assert (mapping["currency"], mapping["rates"]) == ("USD", {"EUR": 1.08, "GBP": 1.25})
    assert [finding.certainty for finding in look.proposal.findings if finding.subject == "rates"] == ["sure"]


def test_a_currency_without_a_rate_is_named_with_the_option_that_states_it(tmp_path):
    look = _look(tmp_path, MIXED, Statements(TODAY.today, rates={"EUR": 1.08}))
    reasons = {finding.decision: finding.reason for finding in look.proposal.findings if finding.subject == "rates"}
    assert reasons["none for GBP"] == (
        "amounts in them are unknown: state how much USD 1 of each is, --rate GBP=… or [rates]"
    )
    assert _mapping(look)["rates"] == {"EUR": 1.08}


def test_the_rate_of_the_amounts_own_currency_is_left_out(tmp_path):
    mapping = _mapping(_look(tmp_path, MIXED, Statements(TODAY.today, currency="EUR", rates={"EUR": 1.0, "USD": 0.9})))
    assert (mapping["currency"], mapping["rates"]) == ("EUR", {"USD": 0.9})


def test_a_stated_currency_is_used(tmp_path):
    text = "id,stage,amount,close date\n1,Won,5,2024-01-02\n"
    assert _mapping(_look(tmp_path, text, Statements(TODAY.today, currency="CHF")))["currency"] == "CHF"


def test_a_point_before_three_digits_has_to_be_stated(tmp_path):
    look = _look(tmp_path, "id,stage,amount,close date\n1,Won,3.000,2024-01-02\n2,Won,12,2024-01-02\n")
    assert "'3.000' may be a decimal point or thousands" in look.proposal.to_state[0]


def test_a_file_without_stages_is_refused_with_its_columns(tmp_path):
    with pytest.raises(ImportMappingError, match=r"no file has deals.*colour, shape"):
        _look(tmp_path, "colour,shape\nred,round\n")


def test_a_stage_that_says_nothing_is_left_out_and_reported(tmp_path):
    look = _look(tmp_path, "id,stage,amount,close date\n1,Won,5,2024-01-02\n2,Xyzzy,6,2024-01-02\n")
    assert _mapping(look)["opportunities"]["stages"] == {"Won": "Closed Won"}
    assert any(
        finding.subject == "stage 'Xyzzy'" and finding.certainty == "guess" for finding in look.proposal.findings
    )


def test_a_folder_of_snapshots_is_an_export_for_each_subfolder(tmp_path):
    for day in ("2024-11-15", "2024-11-08"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "deals.csv").write_text("id,stage\n")
    assert [export.name for export in exports_in(tmp_path)] == ["2024-11-08", "2024-11-15"]


def test_an_edited_mapping_is_not_overwritten(tmp_path):
    look = _look(tmp_path, "id,stage,amount,close date\n1,Won,5,2024-01-02\n")
    first = write_mapping(look, tmp_path)
    assert write_mapping(look, tmp_path) == first
    first.write_text("edited")
    assert (write_mapping(look, tmp_path).name, first.read_text()) == ("crm_deals_2.toml", "edited")


def test_qualification_is_prospecting_only_beside_another_stage_of_discovery():
    assert stages_of(["Qualification", "Proposal"]) == {"Qualification": "Discovery", "Proposal": "Proposal"}
    assert stages_of(["Qualificação", "Apresentação agendada"])["Qualificação"] == "Prospecting"
    assert stages_of(["Prospecting", "Qualification"])["Qualification"] == "Discovery"


@pytest.mark.parametrize(
    ("word", "outcome"),
    [("Won", "Closed Won"), ("C2:LOSE", "Closed Lost"), ("Negócio perdido", "Closed Lost"), ("Open", None)],
)
def test_words_say_whether_a_deal_is_won_or_lost(word, outcome):
    assert outcome_of(word) == outcome


def test_names_are_compared_without_case_accents_and_signs():
    assert [plain(name) for name in ("StageName", "Est. close_date", "Überfällig (%)")] == [
        "stage name",
        "est close date",
        "uberfallig %",
    ]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("Preis zu hoch", "Price"), ("Wettbewerber", "Competitor"), ("Desinteresse", "No Decision"),
        ("Sem orçamento", "Price"), ("Sumiu", "No Decision"), ("Не отвечает", "No Decision"), ("Дорого", "Price"),
        ("Выбрали другого", "Competitor"), ("Missing features", "Features"), ("Timing; Preço", "Price"),
        ("Verschoben auf 2025", "Timing"), ("Xyz", None), ("", None),
    ],
)  # fmt: skip
def test_a_reason_of_a_loss_is_read_by_its_words(word, reason):
    assert loss_reason_of(word) == reason


SALESFORCE = (
    "Id,Name,StageName,OwnerId,Amount,CloseDate,IsWon,MainCompetitors__c,Type,Stage Duration\n"
    "006A,A,Needs Analysis,005A,500,2024-12-01,false,Rival,New Customer,12\n"
    "006B,B,Closed Won,005A,700,2024-03-01,true,,Existing Customer - Upgrade,\n"
)


def test_columns_that_only_the_preset_of_the_product_names_are_proposed(tmp_path):
    look = _look(tmp_path, SALESFORCE, name="Opportunity.csv")
    assert _mapping(look)["opportunities"]["columns"]["competitor"] == "MainCompetitors__c"
    reasons = {finding.subject: finding.reason for finding in look.proposal.findings}
    assert reasons["opportunities.columns.competitor"] == "the preset of Salesforce"


def test_stages_and_types_of_the_product_are_those_of_its_preset(tmp_path):
    deals = _mapping(_look(tmp_path, SALESFORCE, name="Opportunity.csv"))["opportunities"]
    assert deals["stages"] == {"Needs Analysis": "Discovery", "Closed Won": "Closed Won"}
    assert deals["deal_types"] == {"New Customer": "New Business", "Existing Customer - Upgrade": "Expansion"}


def test_a_stage_that_no_preset_names_goes_by_its_words(tmp_path):
    text = SALESFORCE.replace("Needs Analysis", "Contract Negotiation")
    stages = _mapping(_look(tmp_path, text, name="Opportunity.csv"))["opportunities"]["stages"]
    assert stages["Contract Negotiation"] == "Negotiation"


def test_a_column_that_the_file_lacks_is_not_proposed(tmp_path):
    text = "Id,Name,StageName,OwnerId,Amount,CloseDate,IsWon\n006A,A,Prospecting,005A,500,2024-12-01,false\n"
    assert "competitor" not in _mapping(_look(tmp_path, text, name="Opportunity.csv"))["opportunities"]["columns"]


def test_presets_are_part_of_the_wheel_and_are_found_there(tmp_path, monkeypatch):
    build = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    included = build["targets"]["wheel"]["force-include"]["conf/import"]
    assert included == "transforms_api/cli/mappings"
    installed = tmp_path / included
    shutil.copytree(PROJECT / "conf" / "import", installed)
    here = {preset.product for preset in crm_import.presets()}
    monkeypatch.setattr(crm_import, "MAPPINGS", (tmp_path / "no checkout", installed))
    assert (
        {preset.product for preset in crm_import.presets()}
        == here
        >= {"Salesforce", "HubSpot", "Pipedrive", "Bitrix24"}
    )
