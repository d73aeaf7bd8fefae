"""Every connector passes the acceptance test: the five that are built in, and one that is settings alone."""

from tests.connectors.acceptance import connector_tests
from tests.connectors.acceptance_partners import CHAMBRE, CMAR, CPME13, CRESS_PACA, FRENCH_TECH, FURTHER

TestChambre = connector_tests(CHAMBRE)
TestCmar = connector_tests(CMAR)
TestCpme13 = connector_tests(CPME13)
TestCressPaca = connector_tests(CRESS_PACA)
TestFrenchTech = connector_tests(FRENCH_TECH)
TestFurther = connector_tests(FURTHER)
