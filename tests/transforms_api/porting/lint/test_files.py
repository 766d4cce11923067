import pytest

from transforms_api.porting.lint.foundry_rules import LocalFiles, Network


@pytest.mark.parametrize(
    "code",
    [
        "open('rates.csv')",
        "open(file='rates.csv')",
        "RATES = 'data/rates.csv'\ndef rates():\n    return pd.read_csv(RATES)",
        "open(f'data/{name}.csv')",
        "Path('rates.json').read_text()",
        "(Path('data') / name).open()",
        "import os\nos.listdir('/home/me/data')",
        "import os\nopen(os.path.join('data', name))",
        "import polars as pl\npl.scan_parquet('data/*.parquet')",
        "spark.read.csv('data/rates.csv', header=True)",
        "spark.read.option('header', True).format('csv').load('rates.csv')",
        "spark.sparkContext.textFile('rates.txt')",
        "df.write.mode('overwrite').parquet('out')",
        "frame.to_csv('out.csv')",
    ],
)
def test_a_path_that_is_written_in_the_code_is_a_finding(code_of, code):
    assert code_of(LocalFiles, code) == "F301"


@pytest.mark.parametrize(
    "code",
    [
        "def read(path):\n    return open(path)",
        "def read(source):\n    return source.filesystem().open('rates.csv')",
        "with fs.open('rates.csv', 'w') as file:\n    pass",
        "spark.read.csv(f'{source.filesystem().hadoop_path}/rates.csv')",
        "open('/tmp/rates.csv', 'w')",
        "open(Path(__file__).parent / 'rates.csv')",
        "frame.to_json()",
        "PATH = 'a.csv'\nPATH = find()\nopen(PATH)",
        "PATH = 'a.csv'\ndef read(PATH):\n    return open(PATH)",
        "names = text.load('x')",
        "F.to_json('payload')",
        "F.regexp_replace('a', 'b', 'c')",
    ],
)
def test_a_path_from_elsewhere_and_a_temporary_one_is_left_alone(code_of, code):
    assert code_of(LocalFiles, code) is None


@pytest.mark.parametrize(
    "code",
    [
        "requests.get(url)",
        "from urllib.request import urlopen\nurlopen(url)",
        "with requests.Session() as s:\n    pass",
    ],
)
def test_the_network_is_a_finding_where_no_external_system_is_declared(code_of, code):
    assert code_of(Network, code) == "F302"


@pytest.mark.parametrize(
    "code",
    [
        "from transforms.external.systems import Source, external_systems\nrequests.get(url)",
        "def read(client):\n    return client.get(url)",
        "def read(requests):\n    return requests.get(url)",
    ],
)
def test_the_network_of_a_project_with_external_systems_is_left_alone(code_of, code):
    assert code_of(Network, code) is None
