import palantir_models as pm
from palantir_models.transforms import ModelOutput
from palantir_models_serializers import DillSerializer

from transforms.api import Input, transform


class LengthOfStay(pm.ModelAdapter):
    @pm.auto_serialize(model=DillSerializer())
    def __init__(self, model):
        self.model = model


@transform.using(visits=Input("/Clinic/parsed/visits"), model=ModelOutput("/Clinic/model"))
def train(visits, model):
    model.publish(LengthOfStay(visits.polars().height))
